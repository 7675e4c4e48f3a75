#include "sync/stall.hpp"

#include <doctest/doctest.h>

#include "support/stress.hpp"

TEST_CASE("stall: the last worker that waits is told to look, and all wait until one goes on") {
  weir::sync::stall s{2};
  CHECK_FALSE(s.all_wait());
  CHECK_FALSE(s.blocks());
  CHECK_FALSE(s.all_wait());
  CHECK(s.blocks());
  CHECK(s.all_wait());
  s.goes_on();
  CHECK_FALSE(s.all_wait());
  CHECK(s.blocks());
}

TEST_CASE("stall: when the last worker waits while somebody queues work, one of the two sees both [B1]") {
  weir::sync::stall s{2};
  weir::sync::atomic<int> queued{0};
  bool worker_saw = false, producer_saw = false;
  (void)s.blocks();  // the other worker, all the time
  weir_test::stress::race(
      weir_test::stress::rounds(20'000),
      [&](int) {
        queued.store(0, weir::sync::memory_order_relaxed);
        worker_saw = producer_saw = false;
      },
      [&](int) {
        REQUIRE((worker_saw || producer_saw));
        s.goes_on();
      },
      [&](int) { worker_saw = s.blocks() && queued.load(weir::sync::memory_order_relaxed) != 0; },
      [&](int) {
        queued.store(1, weir::sync::memory_order_relaxed);  // (Q1)
        weir::sync::fence_light();                          // (Q2)
        producer_saw = s.all_wait();                        // (Q3)
      });
}
