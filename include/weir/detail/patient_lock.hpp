// weir/detail/patient_lock.hpp - a channel's lock: spin_lock with pauses that double.              [floor: flow]
//
// Two sides that pass items through one lock are fastest in turns of many items: each transfer of the lock's cache line
// costs more than the step it protects. So who finds the lock taken pauses, some 100 ns at least, and lets the other
// get on. Exponential backoff: Anderson, The performance of spin lock alternatives, 1990.
#pragma once

#include <atomic>

namespace weir::inline v0::detail {

/// For a few instructions; see spin_lock.
class patient_lock {
 public:
  void lock() noexcept {
    // acquire: pairs with the release in unlock(); what the last holder wrote is visible.
    if (taken_.exchange(true, std::memory_order_acquire)) [[unlikely]]
      lock_contended();
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }  // release: to the exchanges in lock()

 private:
  void lock_contended() noexcept;
  std::atomic<bool> taken_{false};
};

}  // namespace weir::inline v0::detail
