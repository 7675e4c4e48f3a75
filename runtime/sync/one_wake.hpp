// sync/one_wake.hpp - one thread sleeps until it is woken once, or until a time limit.        [floor: sync]
//
// One word: asleep -> woken.
//   waker    K1 exchange(woken); K2 futex wake. The sleeper may be gone by K2: a stray wake, which a futex forgives.
//   sleeper  S1 futex wait while asleep. A limit that passes takes nothing back: the waker may still come, and who
//            withdraws decides elsewhere, under a lock, whether he has to wait for it.
// K1 releases what preceded the wake to the acquire that reads woken. Checked: tests/model/hand_off_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync::one_wake {

using word = atomic<std::uint32_t>;
inline constexpr std::uint32_t asleep = 0, woken = 1;

[[nodiscard]] inline bool is_woken(const word& w) noexcept { return w.load(memory_order_acquire) == woken; }  // K1

/// After this call the word's owner may be gone.
inline void wake(word& w) noexcept {
  w.store(woken, memory_order_release);  // (K1)
  futex_wake(w, 1);                      // (K2)
}

/// Sleeps once, at most timeout_ns (< 0: no limit). True: woken. False: not yet, and the time ran out or the sleep
/// ended for nothing.
inline bool sleep(word& w, std::int64_t timeout_ns) noexcept {
  if (is_woken(w)) return true;
  futex_wait(w, asleep, timeout_ns);  // (S1)
  return is_woken(w);
}

}  // namespace weir::inline v0::sync::one_wake
