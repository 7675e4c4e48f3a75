// weir/detail/saturating.hpp - arithmetic on times that cannot overflow.                       [floor: job]
#pragma once

#include <algorithm>
#include <chrono>

namespace weir::inline v0::detail {

/// d in nanoseconds, rounded up; what does not fit becomes the largest or smallest duration there is, not-a-number 0.
template <class Rep, class Period>
constexpr std::chrono::nanoseconds to_nanoseconds(std::chrono::duration<Rep, Period> d) noexcept {
  using std::chrono::nanoseconds;
  const double seconds = std::chrono::duration<double>(d).count();
  if (seconds >= 9.2e9) return nanoseconds::max();
  if (seconds <= -9.2e9) return nanoseconds::min();
  if (seconds != seconds) return nanoseconds::zero();
  return std::chrono::ceil<nanoseconds>(d);
}

/// t + d, at most the largest and at least the smallest time there is.
constexpr std::chrono::steady_clock::time_point saturating_add(std::chrono::steady_clock::time_point t,
                                                               std::chrono::nanoseconds d) noexcept {
  if (d.count() > 0 && t > t.max() - d) return t.max();
  if (d.count() < 0 && t < t.min() - d) return t.min();
  return t + d;
}

/// The steady time a wait of this length ends; now, if it is not positive.
template <class Rep, class Period>
std::chrono::steady_clock::time_point deadline_after(std::chrono::duration<Rep, Period> limit) noexcept {
  return saturating_add(std::chrono::steady_clock::now(), std::max(to_nanoseconds(limit), std::chrono::nanoseconds{0}));
}

/// How long it is on its own clock until t; not positive when it has passed.
template <class Clock, class Duration>
std::chrono::nanoseconds left_until(std::chrono::time_point<Clock, Duration> t) noexcept {
  using steady = std::chrono::steady_clock::time_point;
  const std::chrono::nanoseconds now = to_nanoseconds(Clock::now().time_since_epoch());
  return saturating_add(steady{to_nanoseconds(t.time_since_epoch())}, -now).time_since_epoch();
}

}  // namespace weir::inline v0::detail
