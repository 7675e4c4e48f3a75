// weir/detail/pool.hpp - pooled blocks for job nodes, coroutine frames and buffers.            [floor: job]
//
// Size classes of 64 bytes up to 1 KiB; larger blocks come from the upstream allocator. A block goes back to the heap
// it was carved from, whichever thread releases it: threads keep their working set, nothing drifts. After warm-up
// neither call allocates. Implementation and protocol: runtime/job/pool.cpp.
#pragma once

#include <cstddef>

namespace weir::inline v0::detail {

/// A block of at least `size` bytes, aligned to 16. Throws std::bad_alloc. Cost: about 2 ns from the thread's list.
[[nodiscard]] void* pool_allocate(std::size_t size);

/// Gives a block back. `size` must be the size that was asked for. Any thread.
void pool_release(void* block, std::size_t size) noexcept;

}  // namespace weir::inline v0::detail
