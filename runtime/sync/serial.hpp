// sync/serial.hpp - many put work in, at most one runs it: who has to start, who may stop.     [floor: sync]
//
// A count of what is in or about to be. The one that adds to zero starts the runner, after it has put its work in; the
// runner subtracts what it has done and stops when nothing is left. Both are RMWs on one word: work that is added while
// the runner is about to stop is either seen in the subtraction's result or finds zero and starts it again.
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
    return count_.fetch_add(n, memory_order_acquire) == 0;  // acquire: the last run's effects, from done()
  }
  /// The runner has finished n items, none of them uncounted. True: none is left, it must stop. False: go on, also
  /// when nothing was found: somebody has counted and is about to put in.
  [[nodiscard]] bool done(std::uint32_t n) noexcept {
    return count_.fetch_sub(n, memory_order_release) == n;  // release: this run's effects, to the next runner
  }
  [[nodiscard]] std::uint32_t size() const noexcept { return count_.load(memory_order_relaxed); }

 private:
  atomic<std::uint32_t> count_{0};
};

}  // namespace weir::inline v0::sync
