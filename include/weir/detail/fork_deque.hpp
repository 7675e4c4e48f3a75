// weir/detail/fork_deque.hpp - the deque of a worker's forked children; its owner pays no fence.  [floor: sync]
//
// Chase & Lev (SPAA'05) as in sync/work_deque.hpp, for children that nest strictly: push() hands out the child's place,
// take_back() is told it. So the owner never reads back what it has just written (a place is known from the push, and
// each level of a recursion waits for one store less), and both are a handful of instructions in the caller's code.
// Every child is stealable from the moment of its push: nothing hides behind a long leaf.
//
// Owner       push, take_back, index      Thieves  steal, steal_from      Anyone  looks_empty
// Requires    take_back() in reverse order of push(), once for each
// Invariants  I1  a pushed child is taken back or stolen, never both
//             I2  at take_back(p) all later children have been taken back or stolen: top_ <= p, or it is empty
//             I3  afterwards [top_, bottom_) are exactly the earlier children that were not stolen
// Protocol    O1 push: item, then bottom_ = p + 1 (release)  T1 top_, plain look at bottom_: empty -> give up
//             O2 take_back: bottom_ = p (release)            T2 heavy fence   T3 bottom_ (acquire)
//             O3 light fence  O4 top_: below p -> mine       T4 item   T5 CAS top_ (release)
//             O5 top_ == p, the last one: CAS top_ decides against T5
//             O6 stolen: bottom_ = top_, by I2 the deque is empty and top_ does not move
// Why         O3 and T2 order O2/O4 against T1/T3: owner and thief cannot both miss the other. O2 is a release too:
//             T3 may read it, and needs the items below it. With O6 there are none: T5 of who reads it fails. T5
//             releases T4 to the push that reuses the place.
// Without membarrier limit_ stays 0, so that every push takes the checked way and gives a fenced place (negative),
// which take_back() recognises: then the owner pays for real fences, and the fast way tests nothing for it.
// Checked: tests/model/fork_deque_model.cpp
#pragma once

#include <weir/detail/atomic.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace weir::inline v0::detail {

/// Where a pushed child lies. Negative: pushed with real fences, or nowhere.
using fork_place = std::int64_t;
inline constexpr fork_place nowhere = std::numeric_limits<fork_place>::min();

template <class T, std::int64_t Capacity = 1024>
class fork_deque {
  static_assert(Capacity > 0 && (Capacity & (Capacity - 1)) == 0);

 public:
  /// Owner. True: push() will find room without looking at what thieves have done.
  [[nodiscard]] bool roomy() const noexcept { return bottom_.load(sync::memory_order_relaxed) < limit_; }

  /// Owner. Makes the item stealable. Requires roomy().
  [[nodiscard]] fork_place push(T* item) noexcept {
    const fork_place p = bottom_.load(sync::memory_order_relaxed);
    at(p).store(item, sync::memory_order_relaxed);     // published by the next line
    bottom_.store(p + 1, sync::memory_order_release);  // (O1) to T3
    return p;
  }

  /// Owner. The same without the requirement; nowhere: full.
  [[nodiscard]] fork_place push_checked(T* item) noexcept {
    const fork_place p = bottom_.load(sync::memory_order_relaxed);
    const fork_place room_until = top_.load(sync::memory_order_acquire) + Capacity;  // T5: its place may be reused
    if (p >= room_until) return nowhere;
    if (!sync::membarrier_available) {
      (void)push(item);
      return ~p;
    }
    limit_ = room_until;
    return push(item);
  }

  /// Owner. True: the child pushed at p is the caller's again. False: ask take_back_checked(p). Requires p >= 0.
  [[nodiscard]] bool take_back(fork_place p) noexcept {
    bottom_.store(p, sync::memory_order_release);      // (O2) to T3
    sync::fence_light_granted();                       // (O3) against T2
    return top_.load(sync::memory_order_relaxed) < p;  // (O4)
  }

  /// Owner. True: the child pushed at p is the caller's again. False: a thief has it. Requires p != nowhere.
  [[nodiscard]] bool take_back_checked(fork_place p) noexcept {
    if (p < 0) p = ~p;                                     // fenced
    bottom_.store(p, sync::memory_order_release);          // (O2) to T3
    sync::fence_light();                                   // (O3) against T2
    fork_place t = top_.load(sync::memory_order_relaxed);  // (O4)
    if (t < p) return true;
    const bool mine = t == p && top_.compare_exchange_strong(t, p + 1, sync::memory_order_relaxed);  // (O5)
    bottom_.store(mine ? p + 1 : t, sync::memory_order_relaxed);  // (O6) empty: top_ is there too, no item to publish
    return mine;
  }

  /// Anyone. Where the oldest child lies, nowhere: there is none. The same place at two looks: the same child. A hint.
  [[nodiscard]] fork_place oldest() const noexcept {
    const fork_place t = top_.load(sync::memory_order_relaxed);
    return bottom_.load(sync::memory_order_relaxed) <= t ? nowhere : t;
  }

  /// Thief. The oldest child, or null when there is none or another thief was first.
  [[nodiscard]] T* steal() noexcept {
    return steal_at(top_.load(sync::memory_order_relaxed), [] { return true; });  // (T1) a guess: T5 decides
  }

  /// Thief. As steal(), but only a child whose index has reached `floor` (see index()), and only if `still` holds after
  /// it has been read: then it is a child that the owner pushed while `still` held.
  template <class Still>
  [[nodiscard]] T* steal_from(fork_place floor, Still still) noexcept {
    const fork_place t = top_.load(sync::memory_order_relaxed);  // (T1) as in steal()
    return t < floor ? nullptr : steal_at(t, still);
  }

  /// Owner. The index that the next child will have.
  [[nodiscard]] fork_place index() const noexcept { return bottom_.load(sync::memory_order_relaxed); }

  /// Anyone. A look without fences, a hint only: the other side may be moving.
  [[nodiscard]] bool looks_empty() const noexcept {
    return bottom_.load(sync::memory_order_relaxed) <= top_.load(sync::memory_order_relaxed);
  }

 private:
  [[nodiscard]] sync::atomic<T*>& at(fork_place p) noexcept {
    return items_[static_cast<std::size_t>(p & (Capacity - 1))];
  }

  template <class Still>
  [[nodiscard]] T* steal_at(fork_place t, Still still) noexcept {
    if (bottom_.load(sync::memory_order_relaxed) <= t) return nullptr;
    sync::fence_heavy();                                                // (T2) against O3
    if (bottom_.load(sync::memory_order_acquire) <= t) return nullptr;  // (T3) from O1, O2
    T* const item = at(t).load(sync::memory_order_relaxed);             // (T4) valid only if T5 succeeds
    if (!still()) return nullptr;
    if (!top_.compare_exchange_strong(t, t + 1, sync::memory_order_release, sync::memory_order_relaxed))  // (T5)
      return nullptr;
    return item;
  }

  alignas(64) sync::atomic<fork_place> bottom_{0};
  fork_place limit_ = 0;  // owner's: below it there is room, for top_ was at least limit_ - Capacity
  alignas(64) sync::atomic<fork_place> top_{0};
  alignas(64) sync::atomic<T*> items_[static_cast<std::size_t>(Capacity)]{};
};

}  // namespace weir::inline v0::detail
