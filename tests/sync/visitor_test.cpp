#include "sync/visitor.hpp"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "support/stress.hpp"

TEST_CASE("visitor: nobody is waited for who is not inside") {
  weir::sync::visitor v;
  v.wait_until_gone();
  v.enter();
  v.leave();
  v.wait_until_gone();
}

TEST_CASE("visitor: when it is gone all that it did behind the open door is visible, and the door stays shut [V1]") {
  weir::sync::visitor v;
  std::atomic<bool> open{false};
  int behind = 0;  // plain: who has shut the door may touch it
  weir_test::stress::race(
      weir_test::stress::rounds(20'000),
      [&](int) {
        behind = 0;
        open.store(true, std::memory_order_release);
      },
      [&](int) { REQUIRE(behind == -1); },
      [&](int) {
        for (int k = 0; k < 3; ++k) {
          v.enter();
          if (open.load(std::memory_order_acquire)) ++behind;
          v.leave();
        }
      },
      [&](int) {
        open.store(false, std::memory_order_relaxed);
        weir::sync::fence_heavy();
        v.wait_until_gone();
        behind = -1;
      });
}
