// sync/live_count.hpp - how many are alive: counted before they are admitted, gone when they leave.  [floor: sync]
//
// Threads     enter, leave, live: any.
// Invariants  N1  who reads live() == 0 sees what everybody did who has left
//             N2  with sync/entrance.hpp: after its close, live() counts everybody who was admitted, until he leaves
// Why N1      Leaving is a release, entering an RMW: whoever reads zero acquires every leave before it, through
//             the release sequence. N2 is E3 of the entrance, whose fences order the count against the close.
// Checked: tests/model/shutdown_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class live_count {
 public:
  /// Before the look at the entrance, whose light fence orders it.
  void enter() noexcept { count_.fetch_add(1, memory_order_relaxed); }
  /// True: nobody is left.
  [[nodiscard]] bool leave() noexcept { return count_.fetch_sub(1, memory_order_release) == 1; }   // to live()
  [[nodiscard]] std::uint64_t live() const noexcept { return count_.load(memory_order_acquire); }  // from leave()

 private:
  atomic<std::uint64_t> count_{0};
};

}  // namespace weir::inline v0::sync
