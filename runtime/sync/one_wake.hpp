// sync/one_wake.hpp - one thread sleeps until it is woken once, or until a time limit.        [floor: sync]
//
// One word: asleep -> woken, once: one waker, so a plain store is enough.
//
// Threads     wake: one, once.   sleep, is_woken: the sleeper, whose word it is.
// Invariants  O1  once wake() has stored, every sleep() and is_woken() says so
//             O2  who was woken sees what preceded wake(), and may end the word at once
//             O3  a limit that passes takes nothing back: the waker may still come, and who withdraws decides
//                 elsewhere, under a lock, whether he has to wait for it
// Steps       K1  store woken (release)
//             K2  futex wake: the sleeper may be gone, a stray wake, which a futex forgives
//             S1  woken (acquire, from K1): done
//             S2  futex wait while asleep: the kernel compares, so K1 is not missed
// Checked: tests/model/hand_off_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync::one_wake {

using word = atomic<std::uint32_t>;
inline constexpr std::uint32_t asleep = 0, woken = 1;

[[nodiscard]] inline bool is_woken(const word& w) noexcept { return w.load(memory_order_acquire) == woken; }  // (S1)

/// After this call the word's owner may be gone.
inline void wake(word& w) noexcept {
  w.store(woken, memory_order_release);  // (K1)
  futex_wake(w, 1);                      // (K2)
}

/// Sleeps once, at most timeout_ns (< 0: no limit). True: woken. False: not yet, and the time ran out or the sleep
/// ended for nothing.
inline bool sleep(word& w, std::int64_t timeout_ns) noexcept {
  if (is_woken(w)) return true;
  futex_wait(w, asleep, timeout_ns);  // (S2)
  return is_woken(w);
}

}  // namespace weir::inline v0::sync::one_wake
