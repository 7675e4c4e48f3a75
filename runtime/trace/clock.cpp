#include "trace/clock.hpp"

#include <fstream>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace weir::inline v0::tracing {
namespace {

bool tsc_is_trusted() {
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned invariant_tsc = 1U << 8U;
  if (__get_cpuid(0x80000007U, &a, &b, &c, &d) == 0 || (d & invariant_tsc) == 0) return false;
  std::string source;
  std::ifstream{"/sys/devices/system/clocksource/clocksource0/current_clocksource"} >> source;
  return source == "tsc";
#else
  return false;
#endif
}

}  // namespace

void choose_clock() noexcept {
  static const bool trusted = [] {
    try {
      return tsc_is_trusted();
    } catch (...) {
      return false;
    }
  }();
  ticks_are_tsc = trusted;
}

sync_point sync_clocks() noexcept {
  sync_point best;
  std::uint64_t least = UINT64_MAX;
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t before = ticks();
    const std::uint64_t ns = monotonic_ns();
    const std::uint64_t after = ticks();
    if (after - before >= least) continue;
    least = after - before;
    best = {before + (after - before) / 2, ns, ns_of(CLOCK_BOOTTIME), static_cast<std::int64_t>(ns_of(CLOCK_REALTIME))};
  }
  return best;
}

std::uint64_t ns_since(const sync_point& begin, const sync_point& end, std::uint64_t at) noexcept {
  if (at <= begin.ticks) return 0;
  const std::uint64_t span = end.ticks > begin.ticks ? end.ticks - begin.ticks : 1;
  const std::uint64_t ns = end.monotonic > begin.monotonic ? end.monotonic - begin.monotonic : 0;
  __extension__ using wide = unsigned __int128;
  return static_cast<std::uint64_t>(wide{at - begin.ticks} * ns / span);
}

}  // namespace weir::inline v0::tracing
