// weir/detail/frames.hpp - where coroutine frames come from, and how many there are.           [floor: coro]
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::inline v0::detail {

/// Memory for one coroutine frame, from the pool, counted. Throws std::bad_alloc.
[[nodiscard]] void* frame_allocate(std::size_t size);
void frame_release(void* frame, std::size_t size) noexcept;

/// Frames allocated and not yet released in this process: exact when no task runs, otherwise a momentary estimate.
[[nodiscard]] std::int64_t live_frames() noexcept;

}  // namespace weir::inline v0::detail
