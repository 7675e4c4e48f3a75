#include "sync/live_count.hpp"

#include <array>

#include <doctest/doctest.h>

#include "support/stress.hpp"

TEST_CASE("live_count: counts who is there, and tells the last one that leaves") {
  weir::sync::live_count here;
  CHECK(here.live() == 0);
  here.enter();
  here.enter();
  CHECK(here.live() == 2);
  CHECK_FALSE(here.leave());
  CHECK(here.leave());
  CHECK(here.live() == 0);
}

TEST_CASE("live_count: who reads zero sees what everybody did who has left, and one of them was the last [N1]") {
  weir::sync::live_count here;
  std::array<int, 2> did{};  // plain: the leaving publishes it
  std::array<bool, 2> last{};
  bool seen = true;
  const auto leaves = [&](std::size_t who) {
    return [&, who](int i) {
      did[who] = i + 1;
      last[who] = here.leave();
    };
  };
  weir_test::stress::race(
      weir_test::stress::rounds(20'000),
      [&](int) {
        here.enter();
        here.enter();
      },
      [&](int) {
        REQUIRE(seen);
        REQUIRE(last[0] != last[1]);
        REQUIRE(here.live() == 0);
      },
      leaves(0), leaves(1), [&](int i) { seen = here.live() != 0 || (did[0] == i + 1 && did[1] == i + 1); });
}
