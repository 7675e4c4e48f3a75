// sync/ref_count.hpp - who is the last to let go.                                            [floor: sync]
//
// Steps       R1 retain: + 1, by a holder, so it orders nothing
//             D1 drop: reads 1, nobody else is left              D2 drop: - 1
// Invariants  I1  drop() is true exactly once, for the last one
//             I2  what every holder did before it let go is visible to the last one (D2 -> D1, D2)
// Checked: tests/model/ref_count_model.cpp
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync::ref_count {

using word = atomic<std::uint32_t>;

inline void retain(word& refs) noexcept { refs.fetch_add(1, memory_order_relaxed); }

/// True: the caller was the last, and destroys.
[[nodiscard]] inline bool drop(word& refs) noexcept {
  // (D1) acquire: pairs with the others' D2. 1 means that nobody else can get at us any more: no RMW needed.
  if (refs.load(memory_order_acquire) == 1) return true;
  // (D2) release: what we did, to the last one. acquire: what the others did, when we are the last.
  return refs.fetch_sub(1, memory_order_acq_rel) == 1;
}

}  // namespace weir::inline v0::sync::ref_count
