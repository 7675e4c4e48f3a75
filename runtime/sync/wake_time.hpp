// sync/wake_time.hpp - when a sleeper will look again by itself: what is due later need not wake it. [floor: sync]
//
//   sleeper:   S1 announce(t)   S2 look at the mailbox; empty: sleep until t   S3 awake()   S4 look at the mailbox
//   producer:  P1 push, without a wake-up   P2 must_wake(due): read the word with an RMW
//              P3 due earlier than announced: lower the announcement to `due` (CAS); the caller wakes the sleeper
// Invariant   W1  what has been pushed is looked at no later than it is due, or its producer wakes the sleeper
//             W2  producers that are due no earlier than the announcement send nothing
// Why         P2, S1 and S3 are RMWs on one word, so they have one order. P2 before S1: S1 acquires P1, and the look
//             after it sees the push. P2 after S1: it reads what was announced, or what a producer that wakes has made
//             of it. Nobody sleeps between S3 and the next S1.
// Checked: tests/model/wake_time_model.cpp
#pragma once

#include <cstdint>
#include <limits>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class wake_time {
 public:
  /// (S1) t: anything that is due before it must wake the sleeper.
  void announce(std::int64_t t) noexcept { word_.exchange(t, memory_order_acquire); }  // acquire: P1
  /// (S3) The sleeper looks again in any case. Relaxed: what S4 misses is seen after the next S1. An RMW, so that S1
  /// acquires through it.
  void awake() noexcept { word_.exchange(nobody_sleeps, memory_order_relaxed); }

  /// (P2, P3) After the push. True: the caller must wake the sleeper.
  [[nodiscard]] bool must_wake(std::int64_t due) noexcept {
    std::int64_t seen = word_.fetch_add(0, memory_order_release);  // (P2) release: P1, to S1
    while (due < seen)
      if (word_.compare_exchange_weak(seen, due, memory_order_relaxed)) return true;  // (P3) P2's release goes on
    return false;
  }

  /// A hint: the announced time; the earliest there is while nobody sleeps.
  [[nodiscard]] std::int64_t announced() const noexcept { return word_.load(memory_order_relaxed); }

 private:
  static constexpr std::int64_t nobody_sleeps = std::numeric_limits<std::int64_t>::min();
  atomic<std::int64_t> word_{nobody_sleeps};
};

}  // namespace weir::inline v0::sync
