// base/add_alone.hpp - adding to a count that one thread writes and any thread reads.          [floor: base]
//
// A load and a store, no locked instruction. Relaxed: statistics, they order nothing (sync/tally.hpp is for those that
// do).
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::inline v0::base {

inline void add_alone(std::atomic<std::uint64_t>& count, std::uint64_t n) noexcept {
  count.store(count.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace weir::inline v0::base
