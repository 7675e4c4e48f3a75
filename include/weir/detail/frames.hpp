// weir/detail/frames.hpp - where coroutine frames come from, and how many there are.           [floor: coro]
//
// The pool counts frames on the heap of the thread that allocates or releases: two plain stores to a line that it
// writes anyway. A frame may be allocated on one thread and released on another, only the sums mean something.
#pragma once

#include <cstddef>
#include <cstdint>

#include <weir/detail/pool.hpp>

namespace weir::inline v0::detail {

/// Memory for one coroutine frame, from the pool, counted. Throws std::bad_alloc.
[[nodiscard]] inline void* frame_allocate(std::size_t size) { return pool_allocate_frame(size, pool_class(size)); }
inline void frame_release(void* frame, std::size_t size) noexcept { pool_release_frame(frame, size, pool_class(size)); }

/// Frames allocated and not yet released in this process: exact when no task runs, otherwise a momentary estimate.
[[nodiscard]] std::int64_t live_frames() noexcept;

/// Frames allocated so far, hence tasks made: exact when no task runs.
[[nodiscard]] std::uint64_t frames_made() noexcept;

}  // namespace weir::inline v0::detail
