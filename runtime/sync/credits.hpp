// sync/credits.hpp - the strict bound of a queue: how many items may be in, and who waits for room.   [floor: sync]
//
//   word_ = { closed : 1 | waiters : 31 | in use : 32 }        tickets_ -> gates_[ticket % Gates] <- granted_
//
// Producers take credits before they put items in, consumers give them back after they took items out. Everything that
// has to be decided together (is there room, is it closed, must I wait, must somebody be woken) is one RMW on one word.
//
// Threads     all functions: any. Outlives everybody who uses it.
// Invariants  I1  in use <= capacity at every moment, and a failed take changes nothing: no dip for others to see
//             I2  a waiter sleeps only while there is no room or somebody else's give() will wake it (no lost wake-up)
//             I3  after close() no take succeeds and no wait blocks; in use only falls
//             I4  who reads in_use() == 0 sees everything that preceded the gives
// Steps       T1  take: CAS word, in use + n, only if it fits and the gate is open
//             G1  give: word - n   G2  enough room and waiters: CAS word, waiters - k   G3  granted + k tickets
//             G4  open the gates of these tickets, futex_wake each
//             W1  wait: CAS word, waiters + 1, only if there is no room and the gate is open   W2  draw a ticket
//             W3  sleep until the gate of the ticket was opened as often as tickets before it need
//             W1 and G1 are RMWs on one word. W1 first: G1 sees the waiter. G1 first: W1 sees the room and does not
//             wait. G2 claims k of the registered waiters and G3 hands out exactly as many tickets as W2 draws in
//             total, so every claim ends one wait, in the order of the tickets. Checked: tests/model/credits_model.cpp
// When        Waking one producer per credit would cost a futex per item, so waiters are let in when a quarter of the
//             capacity is free, a few per give() in the order in which they came; and always when nothing is in use or
//             the giver says that it goes idle (`last`): no more gives may follow.
// Lock-free   try_take, take_up_to, give, close: whoever stops anywhere in here, they return. wait() blocks, that is
//             what it is for; a giver that stops between G2 and G4 keeps those it has claimed waiting until it goes on.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

template <unsigned Gates = 64>
class basic_credits {
 public:
  static constexpr std::size_t max_capacity = std::size_t{1} << 31;

  /// Requires 1 <= capacity <= max_capacity.
  explicit basic_credits(std::size_t capacity) noexcept : capacity_{static_cast<std::uint32_t>(capacity)} {}
  basic_credits(const basic_credits&) = delete;
  basic_credits& operator=(const basic_credits&) = delete;

  /// Takes n credits or none. False: no room for n, or closed. Cost: one CAS.
  [[nodiscard]] bool try_take(std::size_t n = 1) noexcept { return n <= capacity_ && take(n, n) == n; }

  /// Takes as many of n as there is room for; 0 when full or closed. For bulks, which go in in parts.
  [[nodiscard]] std::size_t take_up_to(std::size_t n) noexcept { return take(1, std::min<std::size_t>(n, capacity_)); }

  /// Gives n credits back. last: the caller goes idle or blocks, no give may follow soon: wake for any room.
  /// Returns how many waiters were let in. Cost: one fetch_sub; one futex_wake per waiter let in.
  unsigned give(std::size_t n, bool last = false) noexcept {
    // (G1) release: publishes what the consumer did to the acquire in in_use() (I4).
    const std::uint64_t word = word_.fetch_sub(n, memory_order_release) - n;
    if (waiters(word) == 0) [[likely]]
      return 0;
    return let_in(word, n, last);
  }

  /// Sleeps until a take is worth trying again. False: closed. True promises nothing: others may have taken the room.
  /// Whoever returns from it must try a take, or pass the chance on with give(0, true).
  [[nodiscard]] bool wait() noexcept {
    std::uint64_t word = word_.load(memory_order_relaxed);  // a guess for W1
    do {
      if (closed(word)) return false;
      if (used(word) < capacity_) return true;
    } while (!word_.compare_exchange_weak(word, word + one_waiter, memory_order_relaxed));  // (W1) orders nothing else
    const std::uint64_t ticket = tickets_.fetch_add(1, memory_order_relaxed);  // (W2) a number, no data
    atomic<std::uint32_t>& gate = gates_[ticket % Gates];
    const auto needed = static_cast<std::uint32_t>(ticket / Gates + 1);
    // (W3) relaxed: the word is read again by RMW, nothing else was handed over.
    for (std::uint32_t opened = gate.load(memory_order_relaxed); static_cast<std::int32_t>(opened - needed) < 0;
         opened = gate.load(memory_order_relaxed))
      futex_wait(gate, opened);
    return true;
  }

  /// The caller goes idle: gives back n, perhaps none, and lets in whoever waits for room that its earlier gives have
  /// left. A waiter that the caller's last give could see is not missed: that give was an RMW of the same word.
  void settle(std::size_t n) noexcept {
    if (n != 0 || waiting() != 0) (void)give(n, true);
  }

  /// Ends admission for good and wakes every waiter (I3). False: it was closed already.
  bool close() noexcept {
    // relaxed: who fails to take because of it gets an error, no data. Waiters cannot be added after it (W1).
    const std::uint64_t word = word_.fetch_or(closed_bit, memory_order_relaxed);
    if (closed(word)) return false;
    admit(claim(max_capacity));
    return true;
  }

  /// Credits out. Zero: all that preceded the gives is visible (I4).
  [[nodiscard]] std::size_t in_use() const noexcept {
    return used(word_.load(memory_order_acquire));  // acquire: partner G1, through the RMWs that followed it
  }
  [[nodiscard]] bool closed() const noexcept { return closed(word_.load(memory_order_relaxed)); }
  /// A hint: a take of one would fail for want of room.
  [[nodiscard]] bool full() const noexcept { return used(word_.load(memory_order_relaxed)) >= capacity_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  // Counters for stats(): they order nothing.
  [[nodiscard]] std::size_t high_water() const noexcept { return high_water_.load(memory_order_relaxed); }
  [[nodiscard]] std::uint64_t waits() const noexcept { return tickets_.load(memory_order_relaxed); }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiters(word_.load(memory_order_relaxed)); }

 private:
  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63;
  static constexpr std::uint64_t one_waiter = std::uint64_t{1} << 32;
  static constexpr std::uint32_t credits_per_waiter = 64;  // freed credits that let one more waiter in

  static std::uint32_t used(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
  static std::uint32_t waiters(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> 32) & 0x7fff'ffffU;
  }
  static bool closed(std::uint64_t word) noexcept { return (word & closed_bit) != 0; }

  std::size_t take(std::size_t least, std::size_t most) noexcept {
    std::uint64_t word = word_.load(memory_order_relaxed);  // a guess for T1
    std::size_t n = 0;
    do {
      n = std::min<std::size_t>(most, capacity_ - used(word));
      if (n < least || n == 0 || closed(word)) return 0;
    } while (!word_.compare_exchange_weak(word, word + n, memory_order_relaxed));  // (T1) counts; the queue orders data
    note(used(word) + static_cast<std::uint32_t>(n));
    return n;
  }

  void note(std::uint32_t level) noexcept {
    std::uint32_t high = high_water_.load(memory_order_relaxed);
    while (level > high && !high_water_.compare_exchange_weak(high, level, memory_order_relaxed)) {
    }
  }

  unsigned let_in(std::uint64_t word, std::size_t n, bool last) noexcept {
    const std::uint32_t room = capacity_ - used(word);
    const bool nothing_in_use = used(word) == 0;
    if (room < std::max(capacity_ / 4, 1U) && !nothing_in_use && !last) return 0;
    const std::size_t share = nothing_in_use || last ? room : n;
    const std::uint32_t count = claim(std::max<std::size_t>(share / credits_per_waiter, 1));
    admit(count);
    return count;
  }

  /// (G2) Takes up to `most` waiters out of the word; they are ours to wake.
  std::uint32_t claim(std::size_t most) noexcept {
    std::uint64_t word = word_.load(memory_order_relaxed);
    std::uint32_t n = 0;
    do {
      n = static_cast<std::uint32_t>(std::min<std::size_t>(most, waiters(word)));
      if (n == 0) return 0;
    } while (!word_.compare_exchange_weak(word, word - n * one_waiter, memory_order_relaxed));  // a count, no data
    return n;
  }

  void admit(std::uint32_t count) noexcept {
    if (count == 0) return;
    const std::uint64_t first = granted_.fetch_add(count, memory_order_relaxed);  // (G3) numbers, no data
    for (std::uint64_t ticket = first; ticket != first + count; ++ticket) {
      atomic<std::uint32_t>& gate = gates_[ticket % Gates];
      gate.fetch_add(1, memory_order_relaxed);  // (G4) W3 compares in the kernel: no wake-up between them is lost
      futex_wake(gate, 0x7fff'ffff);            // waiters of later rounds look and sleep again
    }
  }

  alignas(64) atomic<std::uint64_t> word_{0};
  const std::uint32_t capacity_;  // beside the word: every take reads both
  atomic<std::uint32_t> high_water_{0};
  alignas(64) atomic<std::uint64_t> tickets_{0};
  atomic<std::uint64_t> granted_{0};
  std::array<atomic<std::uint32_t>, Gates> gates_{};
};

using credits = basic_credits<>;

}  // namespace weir::inline v0::sync
