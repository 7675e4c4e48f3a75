// weir/timer.hpp - waiting for time to pass, by the runtime's clock (D8).                      [floor: coro]
#pragma once

#include <chrono>

#include <weir/detail/leaf.hpp>
#include <weir/detail/saturating.hpp>

namespace weir::inline v0 {

namespace detail {

class sleep_awaiter : public io_awaiter {
 public:
  explicit sleep_awaiter(time_point until) noexcept : io_awaiter{kind::sleep} { op().deadline = until; }
  explicit sleep_awaiter(std::chrono::nanoseconds length) noexcept
      : io_awaiter{kind::sleep}, relative_{true}, length_{length} {}

  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    promise_base& task = h.promise();
    if (relative_) op().deadline = saturating_add(task.env.sched->now(), length_);
    begin(task);
  }
  void await_resume() { finish(); }

 private:
  bool relative_ = false;
  std::chrono::nanoseconds length_{};
};

}  // namespace detail

/// `co_await sleep_for(d)`: goes on no earlier than d from now. Zero or less lets everything that is ready go first.
/// Errors  operation_cancelled.          Cost  one timer operation, in the awaiting frame; no allocation
template <class Rep, class Period>
[[nodiscard]] detail::sleep_awaiter sleep_for(std::chrono::duration<Rep, Period> d) noexcept {
  return detail::sleep_awaiter{detail::to_nanoseconds(d)};
}

/// As sleep_for, until a time of the runtime's clock. time_point::max() sleeps until cancelled.
[[nodiscard]] inline detail::sleep_awaiter sleep_until(std::chrono::steady_clock::time_point t) noexcept {
  return detail::sleep_awaiter{t};
}

/// Ticks of a fixed period: `interval every{10ms}; for (;;) { co_await every.tick(); ... }`. The first tick comes one
/// period after the first await. Ticks keep to the grid of the first one; those missed by a slow loop are skipped, not
/// caught up. One task at a time.
class interval {
 public:
  /// Errors  std::invalid_argument if the period is not positive.
  template <class Rep, class Period>
  explicit interval(std::chrono::duration<Rep, Period> period) : period_{checked(detail::to_nanoseconds(period))} {}

  class tick_awaiter : public detail::io_awaiter {
   public:
    explicit tick_awaiter(interval& every) noexcept : io_awaiter{kind::sleep}, every_{&every} {}
    template <detail::task_promise P>
    void await_suspend(std::coroutine_handle<P> h) noexcept {
      op().deadline = every_->next_tick(h.promise().env.sched->now());
      begin(h.promise());
    }
    void await_resume() { finish(); }

   private:
    interval* every_;
  };

  /// The next tick. Errors  operation_cancelled.
  [[nodiscard]] tick_awaiter tick() noexcept { return tick_awaiter{*this}; }

 private:
  static std::chrono::nanoseconds checked(std::chrono::nanoseconds period);
  detail::time_point next_tick(detail::time_point now) noexcept;

  std::chrono::nanoseconds period_;
  detail::time_point next_ = detail::time_point::min();
};

}  // namespace weir::inline v0
