#include <weir/detail/patient_lock.hpp>

#include <sched.h>

#include "sync/atomic.hpp"

namespace weir::inline v0::detail {

void patient_lock::lock_contended() noexcept {
  for (unsigned pauses = 8;;) {
    if (pauses > 64)
      ::sched_yield();  // the holder lost its processor
    else
      for (unsigned i = 0; i < pauses; ++i) sync::pause();
    pauses *= pauses > 64 ? 1 : 2;
    // relaxed: only looks; the exchange acquires.
    if (!taken_.load(std::memory_order_relaxed) && !taken_.exchange(true, std::memory_order_acquire)) return;
  }
}

}  // namespace weir::inline v0::detail
