#include "sync/wake_time.hpp"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "support/stress.hpp"

using weir::sync::wake_time;

TEST_CASE("wake_time: only what is due before the announcement wakes, and the first of them only [W1 W2]") {
  wake_time w;
  CHECK_FALSE(w.must_wake(-100));  // nobody sleeps
  w.announce(50);
  CHECK_FALSE(w.must_wake(50));
  CHECK_FALSE(w.must_wake(90));
  CHECK(w.must_wake(40));
  CHECK(w.announced() == 40);
  CHECK_FALSE(w.must_wake(45));  // the sleeper is being woken for 40
  CHECK(w.must_wake(10));
  w.awake();
  CHECK_FALSE(w.must_wake(0));
}

TEST_CASE("wake_time: a push that races with the announcement is seen by the look after it, or wakes [W1]") {
  wake_time w;
  std::atomic<int> pushed{0};  // relaxed: the word must order it
  bool woke = false, seen = false;
  weir_test::stress::race(
      weir_test::stress::rounds(50'000),
      [&](int) {
        w.awake();
        pushed.store(0, std::memory_order_relaxed);
      },
      [&](int) { REQUIRE((woke || seen)); },
      [&](int) {
        pushed.store(1, std::memory_order_relaxed);
        woke = w.must_wake(10);
      },
      [&](int) {
        w.announce(100);
        seen = pushed.load(std::memory_order_relaxed) == 1;
      });
}
