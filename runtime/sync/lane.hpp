// sync/lane.hpp - one queue of the injector: what surrounds a queue that is not ours.            [floor: sync]
//
//   producer --P1 credit--> P2 shown --> P3 enqueue --> P4 counted --> wakes somebody (activity.hpp)
//   worker   --K1 dequeue--> K2 counted --> K3 not shown --> runs the job --> gives the credit back
//
// The queue (moodycamel's) hands an item from put to take, once, but its "empty" proves nothing. Counts decide who may
// sleep. And a rare lane, one that the workers' hot loop cannot afford to ask each time, shows whether it may hold
// something: one word that the loop reads instead.
//
// Threads     put: any, each with a tally of its own.   take: any, the same.   may_hold: any.
// Invariants  L1  items in the queue and taken ones whose credit is still out never exceed the gate's capacity
//             L2  an item that is queued is shown: may_hold() is true for everybody who has learnt of it, from
//                 the count (P4) or otherwise from its producer, until it is taken; whatever other producers and
//                 workers do, even if they stop for ever
//             L3  once all puts have returned and everything is taken, may_hold() is false
// Why L2      Shown is a sum of RMWs on one word. An item's +1 precedes its enqueue, its -1 follows its dequeue,
//             so in the word's order no -1 comes before its own +1: from an item's +1 to its -1 the sum is at
//             least 1. Who has learnt of the item knows its +1 and reads that or something later: coherence, no
//             fence. A flag that is set after the enqueue and cleared before the look was two races: store
//             buffering, and the flag of a producer that has not set it yet cleared for another one's item.
// Lock-free   put and take, as far as the queue is. Not what the counts say: while a take is between K1 and K2
//             they are one too high and nobody sleeps; while a put is between P3 and P4 and its item has been
//             taken they are one too low: nobody sleeps, or, with just one other item queued, somebody sleeps
//             over that until the put goes on.
// Checked: tests/model/lane_model.cpp, injector_model.cpp
#pragma once

#include <cstddef>
#include <cstdint>

#include "sync/credits.hpp"
#include "sync/tally.hpp"

namespace weir::inline v0::sync {

template <class Gate = credits>
class lane {
 public:
  /// rare: may_hold() is kept; costs each put and each take that finds something one RMW.
  lane(std::size_t capacity, bool rare) noexcept : gate_{capacity}, rare_{rare} {}
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  enum class refused : std::uint8_t { no, full, no_memory };
  struct result {
    std::size_t n = 0;  ///< that many are in; 0: see why
    refused why = refused::no;
  };

  /// Up to n items. enqueue(k) puts k of them into the queue; false: there was no memory for any.
  template <class Enqueue>
  [[nodiscard]] result put(tally& pushed, std::size_t n, Enqueue enqueue) noexcept {
    n = gate_.take_up_to(n);  // (P1)
    if (n == 0) return {0, refused::full};
    if (rare_) shown_.fetch_add(n, memory_order_relaxed);  // (P2) before P3, which carries it: see Why
    if (!enqueue(n)) {                                     // (P3)
      if (rare_) shown_.fetch_sub(n, memory_order_relaxed);
      (void)gate_.give(n, true);
      return {0, refused::no_memory};
    }
    pushed.add(n);  // (P4)
    return {n, refused::no};
  }

  /// dequeue() says how many items it took out.
  template <class Dequeue>
  [[nodiscard]] std::size_t take(tally& taken, Dequeue dequeue) noexcept {
    const std::size_t n = dequeue();  // (K1)
    if (n == 0) return 0;
    taken.add(n);                                          // (K2)
    if (rare_) shown_.fetch_sub(n, memory_order_relaxed);  // (K3) after K1, which knows the +1: see Why
    return n;
  }

  /// Of a rare lane: false: nothing that the caller could have learnt of is queued.
  [[nodiscard]] bool may_hold() const noexcept { return shown_.load(memory_order_relaxed) != 0; }

  [[nodiscard]] Gate& gate() noexcept { return gate_; }
  [[nodiscard]] const Gate& gate() const noexcept { return gate_; }

 private:
  Gate gate_;
  const bool rare_;
  alignas(64) atomic<std::uint64_t> shown_{0};  // read in every round of the workers' loop, written by rare jobs only
};

}  // namespace weir::inline v0::sync
