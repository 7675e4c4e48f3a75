// trace/clock.hpp - the clock of trace events, and how its ticks become nanoseconds.          [floor: trace]
//
// The processor's time stamp counter where it is invariant and the kernel itself keeps time by it (half the price of
// clock_gettime), else CLOCK_MONOTONIC. Sync points are taken while recording; ticks between them are interpolated, so
// no frequency has to be known. Across processors ticks may be off by some hundred nanoseconds: timestamps alone do
// not order events of different threads.
#pragma once

#include <cstdint>
#include <ctime>

#include "trace/format.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace weir::inline v0::tracing {

inline std::uint64_t ns_of(clockid_t which) noexcept {
  timespec now{};
  clock_gettime(which, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}
inline std::uint64_t monotonic_ns() noexcept { return ns_of(CLOCK_MONOTONIC); }

/// True when ticks are the time stamp counter. Decided by choose_clock(), before anything is recorded.
inline constinit bool ticks_are_tsc = false;
void choose_clock() noexcept;

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  if (ticks_are_tsc) [[likely]]
    return __rdtsc();
#endif
  return monotonic_ns();
}

/// Reads all clocks as close together as a few tries allow.
[[nodiscard]] sync_point sync_clocks() noexcept;

/// Nanoseconds from `begin` to `at`; 0 before begin. Exact integers, no overflow for recordings under 100 years.
[[nodiscard]] std::uint64_t ns_since(const sync_point& begin, const sync_point& end, std::uint64_t at) noexcept;

}  // namespace weir::inline v0::tracing
