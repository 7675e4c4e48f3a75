#include <weir/detail/frames.hpp>

#include <weir/detail/pool.hpp>

namespace weir::inline v0::detail {

std::uint64_t frames_made() noexcept { return pool_frames().allocated; }

std::int64_t live_frames() noexcept {
  const frame_counts n = pool_frames();
  return static_cast<std::int64_t>(n.allocated - n.released);
}

}  // namespace weir::inline v0::detail
