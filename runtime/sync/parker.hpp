// sync/parker.hpp - one thread sleeps, any thread wakes it, no wake-up is lost.               [floor: sync]
//
//            prepare/park            unpark
//   empty ------------> parked ----------------> notified ---+
//     ^ ^----- cancel -----'                        ^        | prepare, park, wait, cancel consume it
//     |  '------------------- unpark ---------------'        |
//     '------------------------------------------------------'
//
// Threads     prepare, wait, cancel, park, park_for: the owner only. unpark, parked: any.
// Invariants  I1  an unpark() that begins after the owner's last consumption ends the owner's next wait
//             I2  notifications do not add up: any number of them before a wait count as one
//             I3  what precedes unpark() is visible to the owner after the wait it ended
// Steps       P1  owner: state 0 -> parked, or notified -> empty and no sleep
//             P2  owner: futex_wait(state == parked)
//             P3  owner: notified -> empty, or sleep again (spurious wake-up)
//             U1  waker: state -> notified; U2 if it was parked: futex_wake
//             All of them are RMWs on one word, so P1 and U1 are ordered: U1 first, P1 consumes it; P1 first, U1 reads
//             parked and U2 follows; P2 compares in the kernel, so a U1 between P1 and P2 keeps the owner awake.
//             Checked: tests/model/parker_model.cpp
//
// With a condition elsewhere (a queue to look into), the owner announces first and looks second:
//   prepare(); fence_heavy(); if (work) cancel(); else wait();       waker: publish; fence_light(); if (parked())
//   unpark();
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class parker {
 public:
  parker() noexcept = default;
  parker(const parker&) = delete;
  parker& operator=(const parker&) = delete;

  /// Announces the owner as about to sleep. False: a notification was there, it is consumed, do not wait.
  [[nodiscard]] bool prepare() noexcept {
    // (P1) acquire: sees what U1 released (I3). notified(1) -> empty(0), empty(0) -> parked(-1).
    return state_.fetch_sub(1, memory_order_acquire) == empty;
  }

  /// Sleeps until notified; only after prepare() returned true. Blocks.
  void wait() noexcept {
    do futex_wait(state_, asleep);  // (P2)
    while (!consume());
  }

  /// Like wait(), at most timeout_ns (>= 0). True: notified. False: the time ran out; the owner is not parked any more.
  bool wait_for(std::int64_t timeout_ns) noexcept {
    futex_wait(state_, asleep, timeout_ns);  // (P2) one sleep only: a spurious wake-up counts as the time being out
    return cancel();
  }

  /// Takes prepare() back. True: a notification arrived meanwhile; it is consumed.
  bool cancel() noexcept {
    // acquire: as P3. The exchange consumes a notification that came after prepare(), so I2 holds for the next wait.
    return state_.exchange(empty, memory_order_acquire) == notified;
  }

  /// Sleeps until notified, or returns at once when a notification is pending. Blocks.
  void park() noexcept {
    if (prepare()) wait();
  }

  /// park() with a limit. True: notified. False: timed out or woken spuriously.
  bool park_for(std::int64_t timeout_ns) noexcept { return !prepare() || wait_for(timeout_ns); }

  /// Notifies the owner. True: it was parked, and this call paid for a futex_wake (about 1 us).
  bool unpark() noexcept {
    // (U1) release: publishes what precedes to P1, P3 and cancel (I3).
    if (state_.exchange(notified, memory_order_release) != asleep) return false;
    futex_wake(state_, 1);  // (U2) touches the address only: the owner may have gone on, and may even be gone
    return true;
  }

  /// A hint for wakers, ordered by the caller's fence_light(): the owner has announced a sleep and nobody woke it.
  [[nodiscard]] bool parked() const noexcept { return state_.load(memory_order_relaxed) == asleep; }

 private:
  static constexpr std::uint32_t empty = 0;
  static constexpr std::uint32_t notified = 1;
  static constexpr std::uint32_t asleep = ~std::uint32_t{0};

  bool consume() noexcept {
    std::uint32_t expected = notified;
    // (P3) acquire: sees what U1 released (I3). Failure: still parked, woken for nothing; relaxed, nothing was read.
    return state_.compare_exchange_strong(expected, empty, memory_order_acquire, memory_order_relaxed);
  }

  atomic<std::uint32_t> state_{empty};
};

}  // namespace weir::inline v0::sync
