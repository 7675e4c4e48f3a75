// sync/inbox.hpp - many threads put in, one takes everything: intrusive, lock-free, unbounded by nature. [floor: sync]
//
//   head -> newest -> ... -> oldest -> null        push: CAS at the head.  take_all: exchange the head with null.
//
// Threads     push: any.  take_all, take_all_newest_first: any (each item goes to exactly one taker).
// Invariants  I1  every pushed item is taken exactly once
//             I2  one producer's items come out of take_all() in the order it pushed them
//             I3  what precedes push() is visible to the thread that takes the item
//             I4  push() returns true exactly for the push that found the inbox empty: one wake-up per take is enough
// Steps       A1  link the oldest item of the chain to the head that was read
//             A2  CAS head: that value -> newest of the chain
//             T1  exchange head with null
//             No ABA: A2 never follows a pointer it read, and T1 takes the whole list; a head that left and came back
//             between A1 and A2 is a list that ends where A1 says. Checked: tests/model/inbox_model.cpp
// Lock-free   push and take_all; a thread stopped anywhere inside leaves the inbox usable.
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

/// Link is a pointer to the member of T that holds the next item, e.g. inbox<job, &job::next>.
template <class T, auto Link>
class inbox {
 public:
  inbox() noexcept = default;
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;

  /// Puts one item in. True: the inbox was empty before (I4). Cost: one CAS when nobody else pushes.
  bool push(T& item) noexcept { return push_chain(item, item); }

  /// Puts a chain in with one CAS. The chain is linked newest first: newest -> ... -> oldest (prepend to build it).
  bool push_chain(T& newest, T& oldest) noexcept {
    T* head = head_.load(memory_order_relaxed);  // only a guess for A2, never followed
    do oldest.*Link = head;                      // (A1)
    // (A2) release: publishes A1 and the items to T1. Failure relaxed: the value read is the next guess.
    while (!head_.compare_exchange_weak(head, &newest, memory_order_release, memory_order_relaxed));
    return head == nullptr;
  }

  /// Everything that is in, oldest first, linked by Link and ended by null; null when empty. Cost: one exchange plus
  /// one pass over the items. Does nothing but a load when empty.
  [[nodiscard]] T* take_all() noexcept {
    T* newest = take_all_newest_first();
    T* oldest_first = nullptr;
    while (newest != nullptr) {
      T* const next = newest->*Link;
      newest->*Link = oldest_first;
      oldest_first = newest;
      newest = next;
    }
    return oldest_first;
  }

  /// The same without the pass that reverses: for free lists, where order does not matter.
  [[nodiscard]] T* take_all_newest_first() noexcept {
    if (empty()) return nullptr;
    // (T1) acquire: sees A1 and the items of every push in the list; the A2s form one release sequence.
    return head_.exchange(nullptr, memory_order_acquire);
  }

  /// A hint: the caller orders it (fence_heavy on the sleeping side) where it decides anything.
  [[nodiscard]] bool empty() const noexcept { return head_.load(memory_order_relaxed) == nullptr; }

 private:
  atomic<T*> head_{nullptr};
};

}  // namespace weir::inline v0::sync
