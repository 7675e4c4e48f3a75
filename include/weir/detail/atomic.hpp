// weir/detail/atomic.hpp - the part of the atomics seam that public headers need.             [floor: sync]
//
// runtime/sync/atomic.hpp includes it and adds what only the runtime uses. A build of the models finds
// tests/model/seam/weir/detail/atomic.hpp first: there these names are the explorer's.
#pragma once

#include <atomic>

namespace weir::inline v0::sync {

template <class T>
using atomic = std::atomic<T>;

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

/// The asymmetric fence pair: a light() on one thread and a heavy() on another order like two seq_cst fences, but all
/// of the cost is heavy()'s (membarrier; light() is a compiler barrier). Where membarrier is denied both are fences.
void fence_heavy() noexcept;
extern const bool membarrier_available;

/// fence_light() for code that runs only where membarrier is available.
inline void fence_light_granted() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

inline void fence_light() noexcept {
  if (membarrier_available) [[likely]]
    fence_light_granted();
  else
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace weir::inline v0::sync

namespace weir::inline v0::detail {
using sync::atomic;
}
