// sync/completion_slot.hpp - one result, whoever produces it and whoever waits for it.       [floor: sync]
//
//   producer:  claim -> write the result -> finish          consumer:  wait (thread) or enlist (continuation) -> read
//
// One word carries everything: two bits for the claim, one for "done", one for "threads wait", and above them the
// head of an intrusive stack of continuations. `gate` is where threads sleep; it decides nothing.
// Threads     any number of claimants (one wins), any number of waiters, one finish().
// Invariants  S1  at most one claim() wins between two unclaim()s; only its winner calls finish() or unclaim()
//             S2  a continuation is either refused by enlist() (the result is there) or returned by finish(), once
//             S3  a thread that waits returns after finish() has begun, never before
// Protocol    C1 claim    CAS queued -> claimed
//             F1 finish   exchange(done): publishes the result, takes all continuations and the threads bit
//             F2          if threads wait: gate = 1, wake them
//             E1 enlist   CAS: head -> me, unless done
//             X1 withdraw CAS: head -> none, unless done
//             W1 wait     fetch_or(threads): done -> return        W2 sleep while gate == 0
//             F1, E1 and W1 are RMWs on one word, so they are ordered. E1 or W1 first: F1 takes the waiter. F1 first:
//             E1 or W1 reads done and does not wait. F2 cannot be lost: W2 reads gate before and inside the futex.
// Lifetime    finish() touches the slot after F1 (the gate), so its caller must hold the memory across the call.
//             A continuation may be gone as soon as it has been woken. Checked: tests/model/completion_slot_model.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

/// The protocol over atomics that somebody else stores. Waiter: has a member `Waiter* next`, is aligned to 16.
template <class Waiter>
class completion_slot {
 public:
  using word_type = std::uintptr_t;

  // How a claim is made: `revoked` also tells later claimants that the winner will not count the job.
  static constexpr word_type claimed = 1;
  static constexpr word_type revoked = 1 | 2;

  completion_slot(atomic<word_type>& word, atomic<std::uint32_t>& gate) noexcept : word_{word}, gate_{gate} {}

  /// (C1) True: the caller must finish() or unclaim(). False: somebody else has or had the claim.
  [[nodiscard]] bool claim(word_type how = claimed) noexcept {
    word_type seen = word_.load(memory_order_relaxed);  // a guess for the CAS, orders nothing
    while ((seen & claimed) == 0) {
      // acquire: sees what the loser of a failed attempt undid before its unclaim(). A relaxed failure only loops.
      if (word_.compare_exchange_weak(seen, seen | how, memory_order_acquire, memory_order_relaxed)) return true;
    }
    return false;
  }

  /// Gives the claim back; the result was not produced. Only by the winner.
  void unclaim() noexcept { word_.fetch_and(~revoked, memory_order_release); }  // release: to the next C1

  /// True once the winner claimed as `revoked`. For those who have lost the claim.
  [[nodiscard]] bool is_revoked() const noexcept {
    return (word_.load(memory_order_relaxed) & revoked) == revoked;  // written by the C1 that made us lose
  }

  /// True when the result may be read.
  [[nodiscard]] bool ready() const noexcept {
    return (word_.load(memory_order_acquire) & done) != 0;  // acquire: pairs with F1
  }

  /// True while nobody has claimed. A hint.
  [[nodiscard]] bool queued() const noexcept { return (word_.load(memory_order_relaxed) & claimed) == 0; }

  /// (F1, F2) Publishes the result and returns the continuations in the order they came; the caller wakes them,
  /// reading `next` before each wake.
  [[nodiscard]] Waiter* finish(word_type how = claimed) noexcept {
    // release: the result, to ready() and E1. acquire: the waiters' fields, from E1.
    const word_type seen = word_.exchange(how | done, memory_order_acq_rel);
    if ((seen & threads) != 0) {
      gate_.store(1, memory_order_relaxed);  // only wakes; who wakes reads the result through ready()
      futex_wake(gate_, std::numeric_limits<int>::max());
    }
    return in_order(head(seen));
  }

  /// (E1) True: w will be returned by finish(), perhaps already has been: do not touch it. False: the result is there.
  [[nodiscard]] bool enlist(Waiter& w) noexcept {
    word_type seen = word_.load(memory_order_acquire);  // acquire: pairs with F1 when done is seen
    while ((seen & done) == 0) {
      w.next = head(seen);
      const word_type mine = reinterpret_cast<word_type>(&w) | (seen & flags);
      // release: w's fields, to F1. acquire on failure: done may have been set, pairs with F1.
      if (word_.compare_exchange_weak(seen, mine, memory_order_release, memory_order_acquire)) return true;
    }
    return false;
  }

  /// (X1) Takes back the only continuation. True: finish() will not return w. False: it has, or is about to.
  /// Requires  w was enlisted and is the only one ever.
  [[nodiscard]] bool withdraw(Waiter& w) noexcept {
    word_type seen = word_.load(memory_order_relaxed);  // a guess for the CAS, orders nothing
    while ((seen & done) == 0) {
      // relaxed: nothing is published, and w is ours again. One RMW order with F1 decides who has it.
      if (word_.compare_exchange_weak(seen, seen & flags, memory_order_relaxed, memory_order_relaxed)) return true;
    }
    static_cast<void>(w);
    return false;
  }

  /// (W1, W2) Blocks until the result is there. timeout_ns < 0: no limit. May return early, also with false; look at
  /// ready() and the clock again.
  bool wait(std::int64_t timeout_ns = -1) noexcept {
    // relaxed: the bit publishes nothing, and the caller reads the result through ready().
    if ((word_.fetch_or(threads, memory_order_relaxed) & done) != 0) return true;
    if (gate_.load(memory_order_relaxed) == 0) return futex_wait(gate_, 0, timeout_ns);
    return true;
  }

 private:
  static constexpr word_type done = 4;
  static constexpr word_type threads = 8;
  static constexpr word_type flags = 15;

  static Waiter* head(word_type seen) noexcept { return reinterpret_cast<Waiter*>(seen & ~flags); }

  static Waiter* in_order(Waiter* newest) noexcept {
    static_assert(alignof(Waiter) > flags, "the low bits of a waiter's address carry the flags");
    Waiter* oldest = nullptr;
    while (newest != nullptr) {
      Waiter* const older = newest->next;
      newest->next = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

  atomic<word_type>& word_;
  atomic<std::uint32_t>& gate_;
};

}  // namespace weir::inline v0::sync
