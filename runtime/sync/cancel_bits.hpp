// sync/cancel_bits.hpp - one winner between a completion and a cancellation.                   [floor: sync]
//
//   completed (C): set by the side that has a result.  cancel_asked (A): set by whoever wants none.
// Protocol    C1 result ready -> fetch_or(C); A was not set: deliver. A was set: the asker's message is on its way, so
//                deliver when it arrives (C2).
//             A1 fetch_or(A); C or A was set: nothing more to do. Neither was set: send the message.
// Invariants  I1  a message is sent at most once, and only when the completing side will wait for it or has not won yet
//             I2  delivery happens once: in C1, or in C2, never in both
// Why         Both steps are RMWs of one word, so one of them is first and the other sees it. Relaxed suffices: the
//             word only decides; the message's queue publishes whatever travels with it.
// Checked: tests/model/cancel_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

struct cancel_bits {
  static constexpr std::uint8_t completed = 1, cancel_asked = 2;

  /// (C1) True: deliver now. False: a message about this object is under way; deliver when it arrives.
  template <class Atomic>
  [[nodiscard]] static bool complete(Atomic& word) noexcept {
    return (word.fetch_or(completed, memory_order_relaxed) & cancel_asked) == 0;
  }

  /// (A1) True: the caller must send the message.
  template <class Atomic>
  [[nodiscard]] static bool ask(Atomic& word) noexcept {
    return (word.fetch_or(cancel_asked, memory_order_relaxed) & (completed | cancel_asked)) == 0;
  }

  /// True when somebody has asked; a hint that may be late.
  template <class Atomic>
  [[nodiscard]] static bool asked(const Atomic& word) noexcept {
    return (word.load(memory_order_relaxed) & cancel_asked) != 0;
  }
};

}  // namespace weir::inline v0::sync
