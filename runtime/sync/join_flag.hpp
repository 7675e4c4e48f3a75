// sync/join_flag.hpp - one side ends a piece of work, the other waits for that end.            [floor: sync]
//
// One word: open -> done, or open -> awaited -> done.
//   finisher  F1 exchange(done); if it was awaited: F2 futex wake. The waiter may be gone by F2: the wake then hits a
//             word that is no longer ours, which a futex forgives (everybody re-checks after a wake).
//   waiter    W1 CAS open -> awaited; failed: done, or announced before. W2 futex wait while awaited. W3 is it done?
// Invariants  I1  who reads done sees the work's result: F1 releases it to the acquire of is_done(), W3
//             I2  the waiter does not sleep on: F1 and W1 are RMWs on one word, so F1 sees the announcement and
//                 wakes, or W1 sees done and does not sleep
// Checked: tests/model/join_flag_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync::join_flag {

using word = atomic<std::uint32_t>;
inline constexpr std::uint32_t open = 0, awaited = 1, done = 2;

[[nodiscard]] inline bool is_done(const word& w) noexcept { return w.load(memory_order_acquire) == done; }  // F1

/// After this call the word's owner may be gone.
inline void finish(word& w) noexcept {
  if (w.exchange(done, memory_order_release) == awaited) futex_wake(w, 1);  // (F1) release: the result; (F2)
}

/// Blocks until finish(), but not longer than timeout_ns (< 0: no limit). May return early. True: done. One waiter
/// only.
inline bool wait_for(word& w, std::int64_t timeout_ns) noexcept {
  std::uint32_t seen = open;
  if (w.compare_exchange_strong(seen, awaited, memory_order_relaxed) || seen == awaited)  // (W1) it only announces
    futex_wait(w, awaited, timeout_ns);                                                   // (W2)
  return is_done(w);                                                                      // (W3)
}

/// Blocks until finish().
inline void wait(word& w) noexcept {
  while (!wait_for(w, -1)) {
  }
}

}  // namespace weir::inline v0::sync::join_flag
