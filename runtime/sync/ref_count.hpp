// sync/ref_count.hpp - who is the last to let go.                                            [floor: sync]
//
// retain() needs a reference already held, so it orders nothing. drop(): what every holder did before letting go is
// visible to the last one. Invariant: drop() is true exactly once.
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync::ref_count {

using word = atomic<std::uint32_t>;

inline void retain(word& refs) noexcept { refs.fetch_add(1, memory_order_relaxed); }

/// True: the caller was the last, and destroys.
[[nodiscard]] inline bool drop(word& refs) noexcept {
  // acquire: pairs with the others' fetch_sub. 1 means that nobody else can get at us any more: no RMW needed.
  if (refs.load(memory_order_acquire) == 1) return true;
  // release: what we did, to the last one. acquire: what the others did, when we are the last.
  return refs.fetch_sub(1, memory_order_acq_rel) == 1;
}

}  // namespace weir::inline v0::sync::ref_count
