// sync/tally.hpp - a counter with one writer and any number of readers.                        [floor: sync]
// Checked in sums over many of them: tests/model/bell_model.cpp, activity_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

/// A counter that one thread writes and any thread reads.
class tally {
 public:
  void add(std::uint64_t n = 1) noexcept {
    // release: who reads this count also sees what was done before it was written (wait_idle, D9)
    value_.store(value_.load(sync::memory_order_relaxed) + n, sync::memory_order_release);
  }
  [[nodiscard]] std::uint64_t read() const noexcept { return value_.load(sync::memory_order_acquire); }

 private:
  sync::atomic<std::uint64_t> value_{0};
};

}  // namespace weir::inline v0::sync
