// sync/gate.hpp - visitors come and go until the gate is closed; closing waits for those inside. [floor: sync]
//
// One word: bit 0 closed, the rest twice the number of visitors.
// Steps       V1 enter: + 2, refused if it was closed      V2 leave: - 2; the last one of a closed gate: futex wake
//             C1 close: | 1                                C2 sleeps until the word is 1: closed and nobody inside
// Invariants  I1  close() returns only when every visitor that was let in has left, and sees what they did
//                 (V2 -> C1, C2)
//             I2  once close() has begun (C1) nobody is let in: V1 and C1 are RMWs on one word, one of them is first
//             I3  the closer is woken: who makes the word 1 after C1 is exactly one leave()
// Checked: tests/model/gate_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class gate {
 public:
  /// False: closed; the caller must stay out (and must not call leave()).
  [[nodiscard]] bool enter() noexcept {
    if ((word_.fetch_add(2, memory_order_relaxed) & 1) == 0) return true;  // (V1) decides only, hands nothing over
    leave();
    return false;
  }

  void leave() noexcept {
    if (word_.fetch_sub(2, memory_order_release) == 3) futex_wake(word_, 1);  // (V2) release: the visit, to C1, C2
  }

  /// Once. Returns when nobody is inside; nobody enters afterwards.
  void close() noexcept {
    std::uint32_t seen = word_.fetch_or(1, memory_order_acquire) | 1;  // (C1) from V2, when nobody is inside
    while (seen != 1) {
      futex_wait(word_, seen);
      seen = word_.load(memory_order_acquire);  // (C2) from V2: the visits have ended
    }
  }

 private:
  atomic<std::uint32_t> word_{0};
};

}  // namespace weir::inline v0::sync
