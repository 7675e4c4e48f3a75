// weir/detail/frames.hpp - where coroutine frames come from, and how many there are.           [floor: coro]
//
// The pool counts frames on the heap of the thread that allocates or releases: two plain stores to a line that it
// writes anyway. A frame may be allocated on one thread and released on another, only the sums mean something.
#pragma once

#include <cstddef>
#include <cstdint>

#include <weir/detail/pool_front.hpp>

namespace weir::inline v0::detail {

/// Memory for one coroutine frame, from the pool, counted. Throws std::bad_alloc.
[[nodiscard]] inline void* frame_allocate(std::size_t size) {
  const std::size_t c = pool_class(size);  // compilers know it where frames are made
  if (pool_front* const here = c < pool_classes ? pool_front_here() : nullptr) [[likely]]
    if (void* const frame = here->take_frame(c)) [[likely]]
      return frame;
  return pool_allocate_frame(size);
}

inline void frame_release(void* frame, std::size_t size) noexcept {
  const std::size_t c = pool_class(size);
  pool_front* const here = c < pool_classes ? pool_front_here() : nullptr;
  if (here == nullptr || !here->put_frame(frame, c)) [[unlikely]]
    pool_release_frame(frame, size);
}

/// Frames allocated and not yet released in this process: exact when no task runs, otherwise a momentary estimate.
[[nodiscard]] std::int64_t live_frames() noexcept;

/// Frames allocated so far, hence tasks made: exact when no task runs.
[[nodiscard]] std::uint64_t frames_made() noexcept;

}  // namespace weir::inline v0::detail
