// weir/detail/spin_lock.hpp - a lock for a few instructions.                                   [floor: job]
//
// Protects the lists inside stop states, groups and joins: taken for the few instructions of a list operation, never
// held across user code, an await or a system call (D16). Releasing it is one store, after which the releasing thread
// does not touch the lock again: whoever takes it next may destroy the object that contains it.
//
// Threads     any; unlock: the holder.
// Invariants  L1  one holder at a time, and it sees what the holders before it did
//             L2  unlock() touches the lock once, by the store that frees it
// Not lock-free: a holder that stops keeps all others out (litmus_model shows it).
// Checked: tests/model/stop_state_model.cpp
#pragma once

#include <weir/detail/atomic.hpp>

namespace weir::inline v0::detail {

class spin_lock {
 public:
  void lock() noexcept {
    // acquire: pairs with the release in unlock(); what the last holder wrote is visible.
    if (taken_.exchange(true, std::memory_order_acquire)) [[unlikely]]
      lock_contended();
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }  // release: to the exchanges in lock()

 private:
  void lock_contended() noexcept;
  atomic<bool> taken_{false};
};

/// Holds the lock for a block.
class spin_guard {
 public:
  explicit spin_guard(spin_lock& l) noexcept : lock_{l} { lock_.lock(); }
  ~spin_guard() { lock_.unlock(); }
  spin_guard(const spin_guard&) = delete;
  spin_guard& operator=(const spin_guard&) = delete;

 private:
  spin_lock& lock_;
};

}  // namespace weir::inline v0::detail
