// sync/stall.hpp - do all workers wait inside jobs while work is queued behind them?            [floor: sync]
//
// Threads     blocks, goes_on: workers.   all_wait: any.
// Invariant   B1  when all workers wait and work is queued, either the last of them to wait, or who queued it,
//                 has seen both
// Steps       A1  count the wait (RMW)   A2  it was the last: heavy fence   A3  look at every queue
//             Q1  publish the work       Q2  light fence                    Q3  do all wait?
//             A2 and Q2 are ordered: A3 sees the work, or Q3 sees the count.
// Checked: tests/model/stall_model.cpp
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class stall {
 public:
  explicit stall(unsigned workers) noexcept : workers_{workers} {}

  /// True: the last one. The caller looks (A3).
  [[nodiscard]] bool blocks() noexcept {
    if (waiting_.fetch_add(1, memory_order_relaxed) + 1 != workers_) return false;  // (A1) a count, no data
    fence_heavy();                                                                  // (A2) against Q2
    return true;
  }
  void goes_on() noexcept { waiting_.fetch_sub(1, memory_order_relaxed); }

  /// (Q3) After publishing work and a light fence, that of activity::must_wake(). Also a hint.
  [[nodiscard]] bool all_wait() const noexcept { return waiting_.load(memory_order_relaxed) == workers_; }

 private:
  atomic<unsigned> waiting_{0};
  const unsigned workers_;
};

}  // namespace weir::inline v0::sync
