#include <weir/timer.hpp>

#include <stdexcept>

namespace weir::inline v0 {

std::chrono::nanoseconds interval::checked(std::chrono::nanoseconds period) {
  if (period.count() <= 0) throw std::invalid_argument{"weir::interval: period must be positive"};
  return period;
}

detail::time_point interval::next_tick(detail::time_point now) noexcept {
  if (next_ == detail::time_point::min()) {
    next_ = detail::saturating_add(now, period_);
  } else {
    next_ = detail::saturating_add(next_, period_);
    if (next_ < now) next_ += (now - next_ + period_ - std::chrono::nanoseconds{1}) / period_ * period_;
  }
  return next_;
}

}  // namespace weir::inline v0
