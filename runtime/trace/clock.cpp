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

bool ticks_are_tsc() noexcept {
  static const bool trusted = [] {
    try {
      return tsc_is_trusted();
    } catch (...) {
      return false;
    }
  }();
  return trusted;
}

clock_sync sync_clocks() noexcept {
  clock_sync best;
  std::uint64_t least = UINT64_MAX;
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t before = ticks();
    const std::uint64_t ns = monotonic_ns();
    const std::uint64_t after = ticks();
    if (after - before >= least) continue;
    least = after - before;
    best = {before + (after - before) / 2, ns};
  }
  return best;
}

std::uint64_t ns_since(const clock_sync& begin, const clock_sync& end, std::uint64_t ticks) noexcept {
  if (ticks <= begin.ticks) return 0;
  const std::uint64_t span = end.ticks > begin.ticks ? end.ticks - begin.ticks : 1;
  const std::uint64_t ns = end.ns > begin.ns ? end.ns - begin.ns : 0;
  __extension__ using wide = unsigned __int128;
  return static_cast<std::uint64_t>(wide{ticks - begin.ticks} * ns / span);
}

}  // namespace weir::inline v0::tracing
