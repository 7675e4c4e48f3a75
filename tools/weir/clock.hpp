// clock.hpp - from ticks to nanoseconds since the start of the recording, by the sync points of the file.
//
// Linear between two neighbours; before the first and after the last at the rate of the nearest two. Exact integers, so
// the same ticks are the same time everywhere, and time does not fall where ticks do not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "trace/format.hpp"

namespace weir_tool {

class trace_clock {
 public:
  trace_clock(const std::vector<weir::tracing::sync_point>& points, weir::tracing::clock_kind kind);

  [[nodiscard]] std::int64_t ns(std::uint64_t ticks);

  /// False: there was one point and no rate. A tick then counts as a nanosecond.
  [[nodiscard]] bool rate_known() const noexcept { return rate_known_; }

 private:
  std::vector<weir::tracing::sync_point> points_;
  std::size_t last_ = 0;  // the segment of the last call; the next one is nearly always in it
  bool rate_known_ = true;
};

}  // namespace weir_tool
