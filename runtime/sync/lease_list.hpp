// sync/lease_list.hpp - things that threads use one at a time and leave behind for the next.   [floor: sync]
//
// A list that only grows: items are added, never removed, so walking it needs no protection. An item is held by at
// most one thread; a thread that ends gives its item back and the next thread that starts goes on with it. There are
// never more items than threads were alive at once. No lock: safe in the child of a fork and in thread exit.
//
// Item       derives from leasable<Item>; its memory must outlive the list.
// Threads    all functions: any; give_back: who holds the item.
// Invariants I1  an item is held by one thread at a time, and its next holder sees what the last one did with it
//            I2  an item that was added is found by every later walk, with all that was written to it before
//            I3  every call ends, wherever other threads have stopped; an item whose holder stopped stays held
// Protocol   A1 build the item    A2 CAS head_, release            |  W1 load head_, acquire    W2 walk
//            G1 last use          G2 leased = false, release       |  L1 exchange leased, acquire    L2 first use
// Checked    tests/model/lease_list_model.cpp
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

template <class Item>
class lease_list;

template <class Item>
class leasable {
 public:
  /// True while some thread holds the item. A snapshot.
  [[nodiscard]] bool leased() const noexcept { return leased_.load(memory_order_relaxed); }

 private:
  friend class lease_list<Item>;
  Item* next_ = nullptr;       // written before A2, constant afterwards
  atomic<bool> leased_{true};  // whoever adds an item holds it
};

template <class Item>
class lease_list {
 public:
  constexpr lease_list() noexcept = default;
  lease_list(const lease_list&) = delete;
  lease_list& operator=(const lease_list&) = delete;

  /// An item that nobody holds, now held by the caller; null when there is none. Cost: a walk over the list.
  [[nodiscard]] Item* lease() noexcept {
    for (Item* item = first(); item != nullptr; item = item->leasable<Item>::next_)
      // (L1) acquire: pairs with G2, so that the new holder sees everything the old one did.
      if (!item->leased() && !item->leased_.exchange(true, memory_order_acquire)) return item;
    return nullptr;
  }

  /// Adds a new item, held by the caller.
  void add(Item& item) noexcept {
    Item*& next = item.leasable<Item>::next_;
    next = head_.load(memory_order_relaxed);
    // (A2) release: publishes A1 and next_ to W1.
    while (!head_.compare_exchange_weak(next, &item, memory_order_release, memory_order_relaxed)) {
    }
  }

  /// Ends the caller's hold.
  static void give_back(Item& item) noexcept {
    item.leased_.store(false, memory_order_release);  // (G2) pairs with L1
  }

  /// Calls f(item) for every item, held or not.
  template <class F>
  void for_each(F&& f) const {
    for (Item* item = first(); item != nullptr; item = item->leasable<Item>::next_) f(*item);
  }

 private:
  Item* first() const noexcept { return head_.load(memory_order_acquire); }  // (W1) pairs with A2

  atomic<Item*> head_{nullptr};
};

}  // namespace weir::inline v0::sync
