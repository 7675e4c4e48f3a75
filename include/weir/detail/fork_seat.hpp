// weir/detail/fork_seat.hpp - what a worker's thread shows to the code that forks on it.           [floor: sync]
//
// A deque, and the word that says who is awake. A worker has one for functions and one for coroutines: what nests on
// the one knows nothing of the other.
#pragma once

#include <weir/detail/atomic.hpp>
#include <weir/detail/fork_deque.hpp>

#include <cstdint>

namespace weir::inline v0::detail {

/// Somebody sleeps: wakes a worker if need be. On a worker.
void fork_wakes() noexcept;

template <class T, std::int64_t Capacity = 1024>
struct seat_for : fork_deque<T, Capacity> {
  alignas(64) const sync::atomic<std::uint64_t>* activity = nullptr;  ///< sync/activity.hpp: low half active workers
  std::uint32_t workers = 0;

  /// Owner. Makes the item stealable and sees to it that somebody looks. nowhere: no room, it is the caller's alone.
  [[nodiscard]] fork_place show(T* item) noexcept {
    if (!this->roomy()) [[unlikely]]
      return show_slowly(item);
    const fork_place p = this->push(item);  // (P1) of sync/activity.hpp
    sync::fence_light_granted();            // (P2) roomy() says that it was
    if (somebody_sleeps()) [[unlikely]]
      fork_wakes();  // (P3..)
    return p;
  }

 private:
  [[nodiscard]] bool somebody_sleeps() const noexcept {
    return static_cast<std::uint32_t>(activity->load(sync::memory_order_relaxed)) < workers;
  }
  [[gnu::noinline]] fork_place show_slowly(T* item) noexcept {
    const fork_place p = this->push_checked(item);
    if (p == nowhere) return p;
    sync::fence_light();  // (P2)
    if (somebody_sleeps()) fork_wakes();
    return p;
  }
};

}  // namespace weir::inline v0::detail
