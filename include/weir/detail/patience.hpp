// weir/detail/patience.hpp - short pauses in place of long waits, where two sides run at once.       [floor: flow]
//
// Two sides that pass items through one lock are fastest in turns of many items: each transfer of the lock's cache line
// costs more than the step it protects. So who finds the lock taken pauses long enough for the other to get on
// (patient_lock), and who would have to suspend pauses a little first if that has paid lately (patience).
#pragma once

#include <atomic>

namespace weir::inline v0::detail {

/// As spin_lock, with pauses that double. For a few instructions; who waits, waits at least some 100 ns.
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

/// Whether a pause before a suspension pays, learnt from the last ones. Hints only: relaxed, orders nothing.
class patience {
 public:
  /// True: pause, then learn(). Where it does not pay, it is tried again once in a while.
  [[nodiscard]] bool pays() noexcept {
    const int score = score_.load(std::memory_order_relaxed);
    if (score < 0) score_.store(score + 1, std::memory_order_relaxed);
    return score >= 0;
  }
  void learn(bool paid) noexcept {
    const int score = score_.load(std::memory_order_relaxed);
    score_.store(paid ? (score < most ? score + 1 : most) : (score > 0 ? score - 1 : rest), std::memory_order_relaxed);
  }
  /// Pauses up to about two microseconds until `hint` says that a look is worth while.
  template <class Hint>
  [[nodiscard]] static bool until(Hint&& hint) noexcept {
    for (unsigned pauses = 8; pauses <= 64; pauses *= 2) {
      pause(pauses);
      if (hint()) return true;
    }
    return false;
  }

 private:
  static constexpr int most = 8, rest = -64;
  static void pause(unsigned times) noexcept;
  std::atomic<int> score_{0};
};

}  // namespace weir::inline v0::detail
