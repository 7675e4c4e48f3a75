// sync/wait_phase.hpp - a wait between who starts, who completes and who stops it.            [floor: sync]
//
//   starter    registers with both, then arms.     completer  at most once.     asker  at most once (a stop request)
// Invariants  P1  the completer resumes only what is armed; before that the starter goes on by itself
//             P2  an asked interruption is carried out by exactly one: the asker if the wait was armed, else the
//             starter
// Steps       S1 arm: CAS, unless completed or asked     C1 complete: RMW     K1 ask: RMW     X1 take: exchange
// Protocol    every step is an RMW on one word (or sees it in the starter's CAS loop), so each sees who came before it.
//             Until armed the frame cannot go, because nobody resumes it; so the starter may register in any order.
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync::wait_phase {

using word = atomic<std::uint8_t>;
inline constexpr std::uint8_t asked = 1, armed = 2, completed = 4;

enum class step : std::uint8_t { suspended, ready, interrupt };

/// The starter's last step. suspended: touch nothing any more. ready: go on. interrupt: a stop was asked; carry it
/// out, then, if the wait could not be withdrawn, call again with interrupted = true.
[[nodiscard]] inline step arm(word& phase, bool interrupted) noexcept {
  std::uint8_t seen = phase.load(memory_order_acquire);  // acquire: C1 and K1
  for (;;) {
    if ((seen & completed) != 0) return step::ready;
    if ((seen & asked) != 0 && !interrupted) return step::interrupt;
    // (S1) release: what the starter wrote, to whoever resumes or interrupts. acquire on failure: as the load above.
    // Success needs none: no value comes twice, so what `seen` said has been acquired when it was read.
    const auto mine = static_cast<std::uint8_t>(seen | armed);
    if (phase.compare_exchange_weak(seen, mine, memory_order_release, memory_order_acquire)) return step::suspended;
  }
}

/// (C1) True: armed, the caller resumes. release: to S1, the starter goes on. acquire: pairs with S1.
[[nodiscard]] inline bool complete(word& phase) noexcept {
  return (phase.fetch_or(completed, memory_order_acq_rel) & armed) != 0;
}

/// (K1) True: armed and not completed, the caller interrupts. Orders as C1.
[[nodiscard]] inline bool ask(word& phase) noexcept {
  return (phase.fetch_or(asked, memory_order_acq_rel) & (armed | completed)) == armed;
}

/// (X1) One of several takes what a pointer refers to; the others get null. acq_rel: what one side did before it lost
/// or won is visible to the other.
template <class T>
[[nodiscard]] T* take(atomic<T*>& pointer) noexcept {
  return pointer.exchange(nullptr, memory_order_acq_rel);
}

}  // namespace weir::inline v0::sync::wait_phase
