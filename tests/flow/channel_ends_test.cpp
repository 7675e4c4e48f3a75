// Counted ends: who goes away last closes; from_push: a policy for what nobody keeps up with.
#include "flow/in_group.hpp"

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <weir/channel_ends.hpp>
#include <weir/push_source.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>

#include "support/stress.hpp"

using namespace flow_test;
using testing::manual_runtime;
namespace stress = weir_test::stress;

namespace {

task<std::vector<int>> all_of(receiving_end<int> out) {
  std::vector<int> got;
  while (const auto v = co_await out.receive()) got.push_back(*v);
  co_return got;
}

template <class T, class... Args>
concept can_push_from = requires(Args... args) { from_push<T>(args...); };

}  // namespace

// A source that pushes has to say what happens when nobody keeps up. [FLOW 51]
static_assert(can_push_from<int, std::size_t, overflow>);
static_assert(!can_push_from<int, std::size_t>);
static_assert(!can_push_from<int, std::size_t, channel_options>);

TEST_CASE_FIXTURE(no_frames_left, "ends: the last sender gone closes, not the first; the buffer is drained") {
  manual_runtime rt;
  auto [in, out] = make_channel<int>(8);
  std::optional<sending_end<int>> first{in};
  std::optional<sending_end<int>> second{std::move(in)};
  CHECK(first->try_send(1));
  first.reset();
  CHECK(second->open());
  CHECK(second->try_send(2));
  second.reset();
  CHECK_FALSE(out.ended());
  CHECK(rt.block_on(all_of(out)) == std::vector<int>{1, 2});
  CHECK(out.ended());
}

TEST_CASE_FIXTURE(no_frames_left,
                  "ends: the last receiver gone aborts: senders that wait get channel_closed, values are handed back") {
  manual_runtime rt;
  std::vector<int> undelivered;
  auto [in, out] = make_channel<int>(1, {}, {.on_undelivered = [&](int&& v) { undelivered.push_back(v); }});
  auto last = std::make_unique<receiving_end<int>>(out);
  {
    const receiving_end<int> gone = std::move(out);
  }
  CHECK(in.try_send(1));
  auto send = [&]() -> task<> {
    int value = 2;
    CHECK_THROWS_AS(co_await in.send(std::move(value)), channel_closed);
    CHECK(value == 2);
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(send());
    co_await sleep_for(1ms);
    CHECK(in.stats().waiting_senders == 1);
    last.reset();
  };
  in_group(rt, fn);
  CHECK(undelivered == std::vector<int>{1});
  CHECK_FALSE(in.open());
}

TEST_CASE_FIXTURE(no_frames_left, "ends: a failure of feed() reaches the receiver after the buffer, as itself") {
  manual_runtime rt;
  auto [in, out] = make_channel<int>(8);
  auto other = in;  // still open: the failure does not wait for it
  auto fails = [](sending_end<int>& to) -> task<> {
    co_await to.send(1);
    throw std::runtime_error{"disk"};
  };
  CHECK_THROWS_WITH(rt.block_on(feed(std::move(in), fails)), "disk");
  CHECK(out.try_receive() == 1);
  CHECK_THROWS_WITH(static_cast<void>(out.try_receive()), "disk");
  CHECK_FALSE(other.open());
}

TEST_CASE_FIXTURE(no_frames_left, "ends: feed() lets its end go when it ends well") {
  manual_runtime rt;
  auto [in, out] = make_channel<int>(8);
  auto gives = [](sending_end<int>& to) -> task<> { co_await to.send(1); };
  rt.block_on(feed(std::move(in), gives));
  CHECK(rt.block_on(all_of(std::move(out))) == std::vector<int>{1});
}

TEST_CASE("ends: an end unwound by an exception does not look like a good end") {
  auto [in, out] = make_channel<int>(8, {.name = "pages"});
  CHECK_THROWS_AS(
      [end = &in] {
        sending_end<int> mine = std::move(*end);
        CHECK(mine.try_send(1));
        throw std::runtime_error{"disk"};
      }(),
      std::runtime_error);
  CHECK(out.try_receive() == 1);
  CHECK_THROWS_WITH_AS(static_cast<void>(out.try_receive()), "weir: channel 'pages': an exception destroyed a sender",
                       sender_failed);
}

TEST_CASE_FIXTURE(no_frames_left, "race: the last of many senders closes after everything was sent") {
  runtime rt{{.threads = 2}};
  const int rounds = stress::rounds(500);
  for (int i = 0; i < rounds; ++i) {
    auto [in, out] = make_channel<int>(4);
    auto got = spawn(rt, all_of(std::move(out)));
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t)
        threads.emplace_back([mine = in]() mutable {
          for (int n = 0; n < 5; ++n) mine.send_blocking(int{n});
        });
      const auto gone = std::move(in);
    }
    REQUIRE(got.get().size() == 20);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "push: every policy keeps exactly what it says, and counts the rest [FLOW 51]") {
  manual_runtime rt;
  const auto survivors = [&](overflow policy, std::vector<pushed>& answers) {
    auto ends = from_push<int>(2, policy);
    for (int i = 1; i <= 4; ++i) answers.push_back(ends.in.push(i));
    CHECK(ends.out.stats().discarded == (policy == overflow::fail ? 0 : 2));
    CHECK(ends.out.refused() == (policy == overflow::fail ? 2 : 0));
    ends.in.close();
    return rt.block_on(all_of(std::move(ends.out)));
  };
  using enum pushed;
  const std::vector<pushed> taken{accepted, accepted, accepted, accepted};
  std::vector<pushed> answers;
  CHECK(survivors(overflow::drop_oldest, answers) == std::vector<int>{3, 4});
  CHECK(std::exchange(answers, {}) == taken);
  CHECK(survivors(overflow::drop_newest, answers) == std::vector<int>{1, 2});
  CHECK(std::exchange(answers, {}) == taken);
  CHECK(survivors(overflow::conflate, answers) == std::vector<int>{1, 4});
  CHECK(std::exchange(answers, {}) == taken);
  CHECK(survivors(overflow::fail, answers) == std::vector<int>{1, 2});
  CHECK(answers == std::vector<pushed>{accepted, accepted, full, full});
}

TEST_CASE("push: overflow::block is refused: who pushes cannot wait [FLOW 51]") {
  CHECK_THROWS_WITH_AS(static_cast<void>(from_push<int>(2, overflow::block, {.name = "ticks"})),
                       "weir::from_push 'ticks': who pushes cannot wait", std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "push: a refused value stays with its source; without receivers the source is told") {
  auto ends = from_push<std::unique_ptr<int>>(1, overflow::fail);
  CHECK(ends.in.push(std::make_unique<int>(1)) == pushed::accepted);
  auto mine = std::make_unique<int>(2);
  CHECK(ends.in.push(std::move(mine)) == pushed::full);
  CHECK(mine != nullptr);
  {
    const auto gone = std::move(ends.out);
  }
  CHECK(ends.in.push(std::move(mine)) == pushed::closed);
  CHECK(mine != nullptr);
}

TEST_CASE_FIXTURE(no_frames_left, "race: threads push, a task receives: accepted = received + discarded [FLOW 51]") {
  runtime rt{{.threads = 2}};
  auto ends = from_push<int>(16, overflow::drop_oldest);
  auto got = spawn(rt, all_of(ends.out));
  const int each = stress::rounds(20'000);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([in = ends.in, each] {
        for (int n = 0; n < each; ++n) static_cast<void>(in.push(n));
      });
  }
  ends.in.close();
  const auto received = got.get().size();
  const auto s = ends.out.stats();
  CHECK(s.accepted == std::uint64_t{4} * static_cast<unsigned>(each));
  CHECK(s.received == received);
  CHECK(s.accepted == s.received + s.discarded);
  CHECK(s.peak <= 16);
}
