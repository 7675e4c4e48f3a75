#include "clock.hpp"

#include <algorithm>
#include <limits>

namespace weir_tool {
namespace {

__extension__ using wide = __int128;

std::int64_t clamp(wide v) {
  constexpr wide most = std::numeric_limits<std::int64_t>::max() / 4;  // room for sums and differences
  return static_cast<std::int64_t>(std::clamp(v, -most, most));
}

}  // namespace

trace_clock::trace_clock(const std::vector<weir::tracing::sync_point>& points, weir::tracing::clock_kind kind) {
  for (const auto& p : points)  // a point against the order of the file is damage that no checksum saw
    if (points_.empty() || (p.ticks > points_.back().ticks && p.monotonic >= points_.back().monotonic))
      points_.push_back(p);
  if (points_.size() < 2) rate_known_ = kind == weir::tracing::clock_kind::monotonic;
  if (points_.empty()) points_.emplace_back();
}

std::int64_t trace_clock::ns(std::uint64_t ticks) {
  const wide start = points_.front().monotonic;
  if (points_.size() < 2) return clamp(wide{ticks} - points_.front().ticks);
  const std::size_t segments = points_.size() - 1;
  while (last_ > 0 && ticks < points_[last_].ticks) --last_;
  while (last_ + 1 < segments && ticks >= points_[last_ + 1].ticks) ++last_;
  const auto& a = points_[last_];
  const auto& b = points_[last_ + 1];
  const wide span = wide{b.ticks} - a.ticks;
  const wide beyond = wide{ticks} - a.ticks;
  constexpr wide most = wide{1} << 96;
  wide part = 0;
  if (__builtin_mul_overflow(beyond, wide{b.monotonic} - a.monotonic, &part))  // of clocks that no machine has
    part = beyond < 0 ? -most : most;
  else
    part = std::clamp(part / span - (part % span < 0 ? 1 : 0), -most, most);
  return clamp(wide{a.monotonic} - start + part);
}

}  // namespace weir_tool
