// sync/atomic.hpp - the atomics seam.                                                        [floor: sync]
//
// The protocols of runtime/sync, and those of weir/detail that are modelled (fork_deque, spin_lock, stop_state), are
// written against sync::atomic, sync::fence_* and sync::futex_*. In the product they are std::atomic and the kernel's
// futex; with WEIR_MODEL defined they are the explorer's (tests/model/explorer), which runs the very same headers under
// every interleaving and every stale read the memory model allows. Elsewhere some files use std::atomic: for counts,
// flags and statistics, and for the few protocols that no model explores; tools/lib/orders.explained names every order
// of those.
#pragma once

#if defined(WEIR_MODEL)
#include "explorer/atomic.hpp"
#else

#include <weir/detail/atomic.hpp>

#include <atomic>
#include <cstdint>

namespace weir::inline v0::sync {

/// Waits while word == expected. May return spuriously. timeout_ns < 0: no limit. False when the time ran out.
bool futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t timeout_ns = -1) noexcept;

/// Wakes up to count waiters of word.
void futex_wake(const atomic<std::uint32_t>& word, int count) noexcept;

/// An address that differs between threads that live at the same time.
const void* this_thread() noexcept;

/// Tells the core that this is a spin loop.
inline void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace weir::inline v0::sync

#endif
