#include <weir/detail/spin_lock.hpp>

#include <sched.h>

#include "sync/atomic.hpp"

namespace weir::inline v0::detail {

void spin_lock::lock_contended() noexcept {
  for (unsigned tries = 0;; ++tries) {
    // relaxed: only looks; the exchange below acquires.
    if (!taken_.load(std::memory_order_relaxed) && !taken_.exchange(true, std::memory_order_acquire)) return;
    if (tries < 64)
      sync::pause();
    else
      ::sched_yield();  // the holder lost its processor
  }
}

}  // namespace weir::inline v0::detail
