// sync/bell.hpp - many threads count what ends; whoever ends the last one wakes those who wait for it. [floor: sync]
//
// The condition is the caller's: a sum over counters that many threads write without ordering among themselves. So no
// single thread knows that it was the last, and two that end at the same moment must not both miss the other's end.
//
// Threads     ring_if: any, often.  wait: any.
// Invariants  I1  a wait() whose condition has become true for good returns
//             I2  ring_if() costs a load and a branch while nobody waits
// Steps       R1  the caller counts an end (before)       R2  light fence; nobody waits: done
//             R3  heavy fence   R4  condition true: epoch + 1, wake all
//             W1  announce      W2  heavy fence           W3  read epoch, look; true: done   W4  sleep while epoch is
//             that R2 against W1, W2: the ringer sees the announcement, or W3 sees the end. R3 against R3: of two
//             ringers that saw a waiter, the later one sees both ends. R4 against W3, W4: futex. Checked:
//             tests/model/bell_model.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class bell {
 public:
  /// After an end was counted. Wakes the waiters if done() says that everything has ended. Cost: I2; with a waiter one
  /// heavy fence, and done().
  template <class Done>
  void ring_if(Done done) noexcept {
    fence_light();  // (R2) against W2
    if (waiters_.load(memory_order_relaxed) == 0) [[likely]]
      return;
    fence_heavy();  // (R3) against other ringers
    if (done()) ring();
  }

  /// (R4) Wakes the waiters to look again.
  void ring() noexcept {
    epoch_.fetch_add(1, memory_order_release);  // to W3: who sees the new epoch sees what made the condition true
    futex_wake(epoch_, std::numeric_limits<int>::max());
  }

  /// Blocks until done() or the deadline; what done() said last. A deadline of time_point::max() is none.
  template <class Done>
  bool wait(std::chrono::steady_clock::time_point deadline, Done done) {
    const guard announced{waiters_};  // (W1)
    fence_heavy();                    // (W2) against R2
    for (;;) {
      const std::uint32_t seen = epoch_.load(memory_order_acquire);  // (W3) from R4
      if (done()) return true;
      std::int64_t left = -1;
      if (deadline != std::chrono::steady_clock::time_point::max()) {
        left = std::chrono::nanoseconds{deadline - std::chrono::steady_clock::now()}.count();
        if (left <= 0) return false;
      }
      futex_wait(epoch_, seen, left);  // (W4)
    }
  }

 private:
  struct guard {
    explicit guard(atomic<std::uint32_t>& n) noexcept : count{n} { count.fetch_add(1, memory_order_relaxed); }
    ~guard() { count.fetch_sub(1, memory_order_relaxed); }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    atomic<std::uint32_t>& count;  // fences order it
  };

  atomic<std::uint32_t> waiters_{0};
  atomic<std::uint32_t> epoch_{0};
};

}  // namespace weir::inline v0::sync
