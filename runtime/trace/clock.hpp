// trace/clock.hpp - the clock of trace events, and how its ticks become nanoseconds.          [floor: trace]
//
// The processor's time stamp counter where it is invariant and the kernel itself keeps time by it (half the price of
// clock_gettime), else CLOCK_MONOTONIC. Two sync points enclose a recording; ticks between them are interpolated, so
// no frequency has to be known. Across processors ticks may be off by some hundred nanoseconds: timestamps alone do
// not order events of different threads.
#pragma once

#include <cstdint>
#include <ctime>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace weir::inline v0::tracing {

/// One moment on both clocks.
struct clock_sync {
  std::uint64_t ticks = 0;
  std::uint64_t ns = 0;
};

inline std::uint64_t monotonic_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

/// True when ticks are the time stamp counter. Constant once the process has started. Cost: a load.
bool ticks_are_tsc() noexcept;

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  if (ticks_are_tsc()) [[likely]]
    return __rdtsc();
#endif
  return monotonic_ns();
}

/// Reads both clocks as close together as a few tries allow.
clock_sync sync_clocks() noexcept;

/// Nanoseconds from `begin` to `ticks`; 0 before begin. Exact integers, no overflow for recordings under 100 years.
std::uint64_t ns_since(const clock_sync& begin, const clock_sync& end, std::uint64_t ticks) noexcept;

}  // namespace weir::inline v0::tracing
