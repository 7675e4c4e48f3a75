// sync/seat.hpp - one of a few places, held by one thread at a time.                            [floor: sync]
//
// Threads     try_take, taken: any.   leave: the holder.
// Invariants  H1  one holder at a time
//             H2  who takes it sees all that the last holder did there
// Steps       T1 exchange true, acquire      L1 store false, release: to T1
// Lock-free   both. A holder that stops keeps its own place only.
// Checked: tests/model/activity_model.cpp (a worker's place, and plain data in it)
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class seat {
 public:
  /// False: somebody holds it.
  [[nodiscard]] bool try_take() noexcept { return !taken_.exchange(true, memory_order_acquire); }  // (T1)
  void leave() noexcept { taken_.store(false, memory_order_release); }                             // (L1)
  /// For counting: orders nothing.
  [[nodiscard]] bool taken() const noexcept { return taken_.load(memory_order_relaxed); }

 private:
  atomic<bool> taken_{false};
};

}  // namespace weir::inline v0::sync
