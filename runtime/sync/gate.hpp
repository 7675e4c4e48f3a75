// sync/gate.hpp - visitors come and go until the gate is closed; closing waits for those inside. [floor: sync]
//
// One word: bit 0 closed, the rest twice the number of visitors. enter() and close() are RMWs on it, so either the
// visitor sees closed, or close() sees the visitor. The last one out after the close wakes the closer.
// Checked: tests/model/gate_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class gate {
 public:
  /// False: closed; the caller must stay out (and must not call leave()).
  [[nodiscard]] bool enter() noexcept {
    if ((word_.fetch_add(2, memory_order_relaxed) & 1) == 0) return true;  // decides only; nothing is handed over
    leave();
    return false;
  }

  void leave() noexcept {
    if (word_.fetch_sub(2, memory_order_release) == 3) futex_wake(word_, 1);  // release: the visit, to close()
  }

  /// Once. Returns when nobody is inside; nobody enters afterwards.
  void close() noexcept {
    std::uint32_t seen = word_.fetch_or(1, memory_order_acquire) | 1;  // from leave(), when nobody is inside
    while (seen != 1) {
      futex_wait(word_, seen);
      seen = word_.load(memory_order_acquire);  // from leave(): the visits have ended
    }
  }

 private:
  atomic<std::uint32_t> word_{0};
};

}  // namespace weir::inline v0::sync
