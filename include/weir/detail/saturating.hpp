// weir/detail/saturating.hpp - arithmetic on times that cannot overflow.                       [floor: coro]
#pragma once

#include <chrono>

namespace weir::inline v0::detail {

/// d in nanoseconds; what does not fit becomes the largest or smallest duration there is.
template <class Rep, class Period>
constexpr std::chrono::nanoseconds to_nanoseconds(std::chrono::duration<Rep, Period> d) noexcept {
  using std::chrono::nanoseconds;
  const double seconds = std::chrono::duration<double>(d).count();
  if (seconds >= 9.2e9) return nanoseconds::max();
  if (seconds <= -9.2e9) return nanoseconds::min();
  return std::chrono::duration_cast<nanoseconds>(d);
}

/// t + d, at most the largest and at least the smallest time there is.
constexpr std::chrono::steady_clock::time_point saturating_add(std::chrono::steady_clock::time_point t,
                                                               std::chrono::nanoseconds d) noexcept {
  if (d.count() > 0 && t > t.max() - d) return t.max();
  if (d.count() < 0 && t < t.min() - d) return t.min();
  return t + d;
}

}  // namespace weir::inline v0::detail
