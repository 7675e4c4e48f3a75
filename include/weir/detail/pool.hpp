// weir/detail/pool.hpp - pooled blocks for job nodes, coroutine frames and buffers.            [floor: job]
//
// Size classes of 64 bytes up to 1.25 KiB; larger blocks come from the upstream allocator. A block goes back to the
// heap it was carved from, whichever thread releases it: threads keep their working set, nothing drifts. After warm-up
// neither call allocates. Implementation and protocol: runtime/job/pool.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::inline v0::detail {

/// A block of at least `size` bytes, aligned to 16. Throws std::bad_alloc. Cost: about 2 ns from the thread's list.
[[nodiscard]] void* pool_allocate(std::size_t size);

/// Gives a block back. `size` must be the size that was asked for. Any thread, also during thread and process exit.
void pool_release(void* block, std::size_t size) noexcept;

/// The size class of a block, from 0; pool_classes for large ones.
inline constexpr std::size_t pool_block_step = 64;
inline constexpr std::size_t pool_classes = 20;
inline constexpr std::size_t pool_largest = pool_block_step * pool_classes;
constexpr std::size_t pool_class(std::size_t size) noexcept {
  const std::size_t c = (size - (size != 0)) / pool_block_step;
  return c < pool_classes ? c : pool_classes;
}

/// The same for coroutine frames, which are counted apart, where frames.hpp cannot do it in place.
[[nodiscard]] void* pool_allocate_frame(std::size_t size);
void pool_release_frame(void* frame, std::size_t size) noexcept;

struct frame_counts {
  std::uint64_t allocated, released;  ///< since the process began
};
[[nodiscard]] frame_counts pool_frames() noexcept;

/// Sends home the blocks of other threads that this thread has released and still gathers (at most 8 chains of 256, or
/// of 32 KiB). Call it when the thread finds nothing to do; thread exit does. Cost: a few ns when there are none.
void pool_flush() noexcept;

struct pool_snapshot {
  std::uint64_t bytes_reserved;  ///< taken from upstream in slabs; never shrinks
  std::uint64_t slabs;
  std::uint64_t blocks_live;  ///< allocated and not yet released, of all sizes; exact when no thread allocates
  bool pooling;               ///< false: every block is its own upstream allocation (sanitizers, WEIR_POOL=off)
  const char* upstream;       ///< "mimalloc" or "system"
};

/// Cost: a walk over the heaps of all threads. Any thread.
[[nodiscard]] pool_snapshot pool_stats() noexcept;

}  // namespace weir::inline v0::detail
