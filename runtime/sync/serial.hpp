// sync/serial.hpp - many put work in, at most one runs it: who has to start, who may stop.     [floor: sync]
//
// A count of what is in or about to be. The one that adds to zero starts the runner, after it has put its work in; the
// runner subtracts what it has done and stops when nothing is left.
// Steps       P1 add: count + n; it was zero: the caller puts in and starts the runner
//             R1 done: count - n; nothing is left: the runner stops
// Invariants  I1  at most one runner at a time, and each sees what the one before it did (R1 -> P1)
//             I2  while the count is not zero a runner runs or is about to be started: no work is forgotten. P1 and
//                 R1 are RMWs on one word: what comes while the runner stops is in R1's result, or finds zero
// Count first  Work is counted before it is put in. The other way round a runner takes work that is not counted yet,
//              the count passes through zero while it still runs, and the next add starts a second runner beside it.
// Checked: tests/model/serial_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class serial {
 public:
  /// Before n items are put in. True: nobody runs; the caller must start the runner once they are in.
  [[nodiscard]] bool add(std::uint32_t n) noexcept {
    return count_.fetch_add(n, memory_order_acquire) == 0;  // (P1) acquire: the last run's effects, from R1
  }
  /// The runner has finished n items, none of them uncounted. True: none is left, it must stop. False: go on, also
  /// when nothing was found: somebody has counted and is about to put in.
  [[nodiscard]] bool done(std::uint32_t n) noexcept {
    return count_.fetch_sub(n, memory_order_release) == n;  // (R1) release: this run's effects, to the next P1
  }
  [[nodiscard]] std::uint32_t size() const noexcept { return count_.load(memory_order_relaxed); }

 private:
  atomic<std::uint32_t> count_{0};
};

}  // namespace weir::inline v0::sync
