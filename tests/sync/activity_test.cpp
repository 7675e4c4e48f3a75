#include "sync/activity.hpp"

#include <atomic>

#include <doctest/doctest.h>

#include "support/stress.hpp"

using weir::sync::activity;
using weir::sync::wake;
namespace stress = weir_test::stress;

TEST_CASE("activity: the anchor is woken first, then one guest at a time, until all workers are awake [P3..P5 I1]") {
  activity a{3};
  CHECK(a.must_wake() == wake::anchor);
  CHECK(a.active_now() == 1);
  CHECK(a.searching_now() == 0);
  CHECK(a.must_wake() == wake::guest);   // the anchor is on its way, and that keeps nobody asleep
  CHECK(a.must_wake() == wake::nobody);  // a guest is on its way: it brings the next
  a.guest_starts();
  CHECK(a.must_wake() == wake::guest);
  CHECK(a.must_wake() == wake::nobody);  // everybody is awake
  CHECK(a.active_now() == 3);
}

TEST_CASE("activity: nobody is woken while somebody searches, and the last searcher looks again [P4 F2]") {
  activity a{3};
  REQUIRE(a.must_wake() == wake::anchor);
  a.start_searching();
  CHECK(a.must_wake() == wake::nobody);
  CHECK(a.stop_searching());
  CHECK(a.must_wake() == wake::guest);
}

TEST_CASE("activity: a guest that may never come does not keep the anchor asleep [P4]") {
  activity a{2};
  REQUIRE(a.must_wake() == wake::anchor);
  REQUIRE(a.must_wake() == wake::guest);
  a.start_searching();
  a.anchor_leaves();
  CHECK(a.must_wake() == wake::anchor);
}

TEST_CASE("activity: who leaves is not counted, and comes back unless a waker was faster [S1 S4]") {
  activity a{1};
  REQUIRE(a.must_wake() == wake::anchor);
  a.start_searching();
  a.anchor_leaves();
  CHECK(a.active_now() == 0);
  CHECK(a.anchor_comes_back());
  a.start_searching();
  a.anchor_leaves();
  CHECK(a.must_wake() == wake::anchor);
  CHECK_FALSE(a.anchor_comes_back());  // it is counted already: it parks, and is woken at once
  CHECK(a.active_now() == 1);
}

TEST_CASE("activity: the sleeping anchor's place is kept from guests that come back [I1 S4]") {
  activity a{2};
  REQUIRE(a.must_wake() == wake::anchor);
  REQUIRE(a.must_wake() == wake::guest);
  a.guest_starts();
  a.start_searching();
  a.guest_leaves();
  REQUIRE(a.must_wake() == wake::guest);  // in its place
  a.start_searching();
  a.anchor_leaves();
  CHECK_FALSE(a.guest_comes_back());
  CHECK(a.must_wake_anchor());
}

TEST_CASE("activity: a wake-up that is given up is not counted, and its guest not expected [V1]") {
  activity a{2};
  REQUIRE(a.must_wake() == wake::anchor);
  REQUIRE(a.must_wake() == wake::guest);
  a.give_up(true);
  CHECK(a.active_now() == 1);
  CHECK(a.must_wake() == wake::guest);
}

TEST_CASE("activity: a job posted while the last worker leaves is seen by one of the two") {
  std::atomic<int> job{0}, done{0};
  activity a{1};
  stress::race(
      stress::rounds(20'000),
      [&](int) {
        job = 0;
        REQUIRE(a.must_wake() == wake::anchor);
        a.start_searching();
      },
      [&](int) {
        CHECK(done.exchange(0) == 1);
        if (a.active_now() == 0) return;
        a.start_searching();
        a.anchor_leaves();
      },
      [&](int) {
        job.store(1, std::memory_order_relaxed);
        if (a.must_wake() == wake::anchor) ++done;
      },
      [&](int) {
        a.anchor_leaves();
        if (job.load(std::memory_order_relaxed) != 0 && a.anchor_comes_back()) ++done;
      });
}
