#include "sync/activity.hpp"

#include <atomic>

#include <doctest/doctest.h>

#include "support/stress.hpp"

using weir::sync::activity;
namespace stress = weir_test::stress;

TEST_CASE(
    "activity: a wake-up is counted awake, and searching when it begins to look, until all workers are [P3..P5]") {
  activity a{3};
  CHECK(a.must_wake());
  CHECK(a.active_now() == 1);
  CHECK(a.searching_now() == 0);
  CHECK(a.must_wake());  // who is on his way keeps nobody asleep
  a.start_searching();
  CHECK_FALSE(a.must_wake());  // somebody searches
  CHECK(a.stop_searching());   // the last one: it looks again
  CHECK(a.must_wake());
  CHECK_FALSE(a.must_wake());  // everybody is awake
  CHECK(a.active_now() == 3);
}

TEST_CASE("activity: who leaves is not counted, and comes back only while there is room [S1 S4]") {
  activity a{1};
  REQUIRE(a.must_wake());
  a.start_searching();
  CHECK(a.leave());
  CHECK(a.active_now() == 0);
  CHECK(a.come_back());
  CHECK_FALSE(a.come_back());
  a.abandon();
  CHECK(a.active_now() == 0);
}

TEST_CASE("activity: a job posted while the last worker leaves is seen by one of the two") {
  std::atomic<int> job{0}, done{0};
  activity a{1};
  stress::race(
      stress::rounds(20'000),
      [&](int) {
        job = 0;
        REQUIRE(a.must_wake());
        a.start_searching();
      },
      [&](int) {
        CHECK(done.exchange(0) == 1);
        if (a.active_now() != 0) a.abandon();
      },
      [&](int) {
        job.store(1, std::memory_order_relaxed);
        if (a.must_wake()) ++done;
      },
      [&](int) {
        a.leave();
        if (job.load(std::memory_order_relaxed) != 0 && a.come_back()) ++done;
      });
}
