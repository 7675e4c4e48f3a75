// sync/work_deque.hpp - a bounded work-stealing deque whose owner pays no fence.                [floor: sync]
//
// Chase & Lev (SPAA'05) in the C11 form of Le, Pop, Cohen, Zappa Nardelli (PPoPP'13), on a fixed ring, with their
// pair of seq_cst fences made asymmetric: pop() pays a compiler barrier, steal() a membarrier - and only after a plain
// look found the deque not empty. Fork-join pushes and pops billions of times and is stolen from a few hundred times.
//
// Owner       push, pop, pop_oldest   Thieves  steal         Anyone  looks_empty
// Indices     top_ and bottom_ only grow (bottom_ dips by one inside pop); 64 bits never wrap.
// Invariants  I1  every pushed item is returned by exactly one pop or steal
//             I2  pop returns the youngest item that was not stolen, steal the oldest
// Protocol    O1 push: item, then bottom_ (release)          T1 top_, plain look at bottom_: empty -> give up
//             O2 pop: bottom_ - 1 (release), O3 light fence  T2 heavy fence   T3 bottom_ (acquire)
//             O4 top_   O5 last item: CAS top_, against T5   T4 item          T5 CAS top_ (release)
//             O6 bottom_ back, the deque is empty
// Why         O3 and T2 order O2/O4 against T1/T3: owner and thief cannot both miss the other on the last item; then
//             the two CAS decide. T3 may read the store of O2, which needs its own release: a release sequence does
//             not reach from O1 through it. Whoever reads O6's fails in T5, for top_ is there too. T5 releases T4 to
//             the push that reuses the place.
// Checked: tests/model/work_deque_model.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

template <class T, class Index = std::uint64_t>
class work_deque {
 public:
  /// capacity: a power of two, at most half the range of Index. first: the index to begin with (for the model's wraps).
  explicit work_deque(std::size_t capacity, Index first = 0)
      : bottom_{first},
        top_seen_{first},
        items_{std::make_unique<atomic<T>[]>(capacity)},
        mask_{static_cast<Index>(capacity - 1)},
        top_{first} {}

  /// Owner. False: full.
  [[nodiscard]] bool push(T item) noexcept {
    const Index b = bottom_.load(memory_order_relaxed);
    if (static_cast<Index>(b - top_seen_) > mask_) {
      top_seen_ = top_.load(memory_order_acquire);  // T5: the thief has read the item, its place may be reused
      if (static_cast<Index>(b - top_seen_) > mask_) return false;
    }
    items_[b & mask_].store(item, memory_order_relaxed);             // published by the next line
    bottom_.store(static_cast<Index>(b + 1), memory_order_release);  // (O1) to T3
    return true;
  }

  /// Owner. The youngest item, or T{} when there is none.
  [[nodiscard]] T pop() noexcept {
    const Index b = static_cast<Index>(bottom_.load(memory_order_relaxed) - 1);
    bottom_.store(b, memory_order_release);     // (O2) to T3
    fence_light();                              // (O3) against T2
    Index t = top_.load(memory_order_relaxed);  // (O4)
    const auto left = distance(t, b);
    if (left > 0) [[likely]]
      return items_[b & mask_].load(memory_order_relaxed);
    T item{};
    if (left == 0) {
      item = items_[b & mask_].load(memory_order_relaxed);
      if (!top_.compare_exchange_strong(t, static_cast<Index>(t + 1), memory_order_relaxed))
        item = T{};  // (O5) a thief was first
    }
    bottom_.store(static_cast<Index>(b + 1), memory_order_relaxed);  // (O6)
    return item;
  }

  /// Owner. The oldest item, or T{} when there is none or a thief was first. No fence: the owner's own bottom_ needs
  /// none, and against thieves the CAS decides as it does between them.
  [[nodiscard]] T pop_oldest() noexcept {
    Index t = top_.load(memory_order_relaxed);
    if (distance(t, bottom_.load(memory_order_relaxed)) <= 0) return T{};
    const T item = items_[t & mask_].load(memory_order_relaxed);
    if (!top_.compare_exchange_strong(t, static_cast<Index>(t + 1), memory_order_relaxed)) return T{};  // as O5
    return item;
  }

  /// Thief. The oldest item, or T{} when there is none or another thief was first.
  [[nodiscard]] T steal() noexcept {
    Index t = top_.load(memory_order_relaxed);  // (T1) a guess: T5 decides
    if (distance(t, bottom_.load(memory_order_relaxed)) <= 0) return T{};
    fence_heavy();                                                         // (T2) against O3
    if (distance(t, bottom_.load(memory_order_acquire)) <= 0) return T{};  // (T3) from O1, O2
    const T item = items_[t & mask_].load(memory_order_relaxed);           // (T4) valid only if T5 succeeds
    if (!top_.compare_exchange_strong(t, static_cast<Index>(t + 1), memory_order_release, memory_order_relaxed))
      return T{};  // (T5)
    return item;
  }

  /// Owner. What the k-th pop from now would give if nobody steals. A hint for prefetching, perhaps of the past: never
  /// follow it.
  [[nodiscard]] T upcoming(Index k) const noexcept {
    return items_[static_cast<Index>(index() - k) & mask_].load(memory_order_relaxed);
  }

  /// Owner. The index that the next pushed item will have.
  [[nodiscard]] Index index() const noexcept { return bottom_.load(memory_order_relaxed); }

  /// Owner. How many more items fit, at least.
  [[nodiscard]] std::size_t room() const noexcept {
    return mask_ + 1 -
           static_cast<std::size_t>(distance(top_.load(memory_order_relaxed), index()));  // push() looks itself
  }

  /// Anyone. A look without fences, a hint only: the other side may be moving.
  [[nodiscard]] bool looks_empty() const noexcept {
    return distance(top_.load(memory_order_relaxed), bottom_.load(memory_order_relaxed)) <= 0;
  }

 private:
  static constexpr auto distance(Index from, Index to) noexcept {
    return static_cast<std::make_signed_t<Index>>(to - from);
  }

  alignas(64) atomic<Index> bottom_;
  Index top_seen_;  // owner's copy: top_ was at least this
  std::unique_ptr<atomic<T>[]> items_;
  const Index mask_;
  alignas(64) atomic<Index> top_;
};

}  // namespace weir::inline v0::sync
