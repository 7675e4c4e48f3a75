// sync/live_count.hpp - how many are alive: counted before they are admitted, gone when they leave.  [floor: sync]
//
// Threads     enter, leave, live: any.
// Steps       E1 enter: +1     E2 leave: -1 (release)     R1 live: read (acquire)
// Invariants  N1  who reads live() == 0 sees what everybody did who has left
//             N2  with sync/entrance.hpp: after its close, live() counts everybody who was admitted, until he leaves
// Why N1      E2 is a release, E1 an RMW: whoever reads zero at R1 acquires every E2 before it, through
//             the release sequence. N2 is E3 of the entrance, whose fences order the count against the close.
// Checked: tests/model/shutdown_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class live_count {
 public:
  /// Before the look at the entrance, whose light fence orders it.
  void enter() noexcept { count_.fetch_add(1, memory_order_relaxed); }  // (E1)
  /// True: nobody is left.
  [[nodiscard]] bool leave() noexcept { return count_.fetch_sub(1, memory_order_release) == 1; }   // (E2) to R1
  [[nodiscard]] std::uint64_t live() const noexcept { return count_.load(memory_order_acquire); }  // (R1) from E2

 private:
  atomic<std::uint64_t> count_{0};
};

}  // namespace weir::inline v0::sync
