// tally.hpp, ref_count.hpp, cancel_bits.hpp, entrance.hpp: one word each.
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include <doctest/doctest.h>

#include "support/stress.hpp"
#include "sync/cancel_bits.hpp"
#include "sync/entrance.hpp"
#include "sync/ref_count.hpp"
#include "sync/tally.hpp"

using namespace weir;
namespace stress = weir_test::stress;

TEST_CASE("tally: what is under way is never taken for nothing [I1 I3]") {
  std::array<sync::tally, 1> in, out;
  const auto under_way = [&] {
    return sync::outstanding([&] { return sync::total(out); }, [&] { return sync::total(in); });
  };
  std::atomic<std::uint64_t> handed{0};
  std::uint64_t most = 0;
  const int n = stress::rounds(20'000);
  stress::race(
      n, [](int) {}, [](int) {},
      [&](int) {
        in[0].add();
        handed.fetch_add(1);
      },
      [&](int) {
        if (out[0].read() < handed.load()) out[0].add();
      },
      [&](int) { most = std::max(most, under_way()); });
  CHECK(most <= static_cast<std::uint64_t>(n));  // below zero would be huge
  CHECK(in[0].read() == static_cast<std::uint64_t>(n));
}

TEST_CASE("ref_count: exactly one of those who let go is the last, and sees what the others did") {
  struct shared {
    sync::ref_count::word refs{3};
    std::array<int, 3> used{};
  };
  shared* s = nullptr;
  std::atomic<int> destroyed{0};
  const auto use = [&](std::size_t who) {
    shared* const mine = s;
    mine->used[who] = 1;
    if (!sync::ref_count::drop(mine->refs)) return;
    if (mine->used == std::array<int, 3>{1, 1, 1}) ++destroyed;
    delete mine;
  };
  stress::race(
      stress::rounds(10'000), [&](int) { s = new shared; }, [&](int) { CHECK(destroyed.exchange(0) == 1); },
      [&](int) { use(0); }, [&](int) { use(1); }, [&](int) { use(2); });
}

TEST_CASE("cancel_bits: a message is sent once, and then the completion waits for it [I1 I2]") {
  std::atomic<std::uint8_t> word{0};
  std::atomic<int> messages{0};
  bool delivered = false;
  const auto ask = [&](int) {
    if (sync::cancel_bits::ask(word)) ++messages;
  };
  stress::race(
      stress::rounds(20'000), [&](int) { word = 0; },
      [&](int) {
        CHECK(messages.exchange(0) == (delivered ? 0 : 1));
        CHECK(sync::cancel_bits::asked(word));
      },
      [&](int) { delivered = sync::cancel_bits::complete(word); }, ask, ask);
}

TEST_CASE("entrance: after the close everyone is refused, or in the counts that the closer reads [E3]") {
  std::unique_ptr<sync::entrance> door;
  std::array<std::unique_ptr<sync::tally>, 2> attempts;
  std::array<bool, 2> in{};
  std::uint64_t seen = 0;
  const auto come = [&](std::size_t who) {
    attempts[who]->add();
    in[who] = door->may_enter();
  };
  stress::race(
      stress::rounds(5'000),
      [&](int) {
        door = std::make_unique<sync::entrance>();
        for (auto& one : attempts) one = std::make_unique<sync::tally>();
      },
      [&](int) {
        CHECK(seen >= static_cast<std::uint64_t>(in[0]) + static_cast<std::uint64_t>(in[1]));
        CHECK_FALSE(door->may_enter());
      },
      [&](int) { come(0); }, [&](int) { come(1); },
      [&](int) {
        door->close();
        seen = attempts[0]->read() + attempts[1]->read();
      });
}
