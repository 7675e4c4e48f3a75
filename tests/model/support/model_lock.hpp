// The spin lock of include/weir/detail/spin_lock.hpp over the explorer's atomics, for cores that are templates over
// their lock.
#pragma once

#include "sync/atomic.hpp"

class model_lock {
 public:
  void lock() noexcept {
    while (taken_.exchange(true, weir::sync::memory_order_acquire)) do
        weir::sync::pause();
      while (taken_.load(weir::sync::memory_order_relaxed));
  }
  void unlock() noexcept { taken_.store(false, weir::sync::memory_order_release); }

 private:
  weir::sync::atomic<bool> taken_{false};
};
