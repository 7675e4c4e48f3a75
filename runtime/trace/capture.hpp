// trace/capture.hpp - everything that one recording holds, taken out of the rings.            [floor: trace]
#pragma once

#include <cstdint>
#include <vector>

#include "trace/clock.hpp"
#include "trace/names.hpp"
#include "trace/ring.hpp"

namespace weir::inline v0::tracing {

struct capture {
  std::vector<track> tracks;
  std::uint64_t lost = 0;  ///< events that were overwritten, or had no ring
  clock_sync begin;
  clock_sync end;
  const name_table* names = nullptr;
  int pid = 0;
};

}  // namespace weir::inline v0::tracing
