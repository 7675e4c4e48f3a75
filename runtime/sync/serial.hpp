// sync/serial.hpp - many put work in, at most one runs it: who has to start, who may stop.     [floor: sync]
//
// A count of what is in. The one that adds to zero starts the runner; the runner subtracts what it has done and stops
// when nothing is left. Both are RMWs on one word: work that is added while the runner is about to stop is either seen
// in the subtraction's result or finds zero and starts it again. Checked: tests/model/serial_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class serial {
 public:
  /// After n items were put in. True: nobody runs, the caller must start the runner.
  [[nodiscard]] bool add(std::uint32_t n) noexcept {
    return count_.fetch_add(n, memory_order_acq_rel) == 0;  // release: the items; acquire: the last run's effects
  }
  /// The runner has finished n items. True: none is left, it must stop.
  [[nodiscard]] bool done(std::uint32_t n) noexcept {
    return count_.fetch_sub(n, memory_order_acq_rel) == n;  // release: this run's effects, to the next runner
  }
  [[nodiscard]] std::uint32_t size() const noexcept { return count_.load(memory_order_relaxed); }

 private:
  atomic<std::uint32_t> count_{0};
};

}  // namespace weir::inline v0::sync
