#include <weir/rate_limiter.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

#include <weir/detail/saturating.hpp>

namespace weir::inline v0 {

namespace detail {

std::int64_t token_bucket::due(std::size_t n) const noexcept {
  const wide count = static_cast<wide>(rate_.count());
  const wide per = rate_.per().count();
  const wide at = next_ - static_cast<wide>(burst_ - n) * per;  // the bucket lacks n at most burst - n earlier
  if (at <= 0) return 0;
  const wide up = (at + count - 1) / count;
  return static_cast<std::int64_t>(std::min<wide>(up, std::numeric_limits<std::int64_t>::max()));
}

void token_bucket::take(std::size_t n, std::int64_t now) noexcept {
  const wide at = static_cast<wide>(now) * static_cast<wide>(rate_.count());
  next_ = std::max(next_, at) + static_cast<wide>(n) * rate_.per().count();
}

void token_bucket::change(rate to, std::int64_t now) noexcept {
  const wide missing = std::max<wide>(next_ - static_cast<wide>(now) * static_cast<wide>(rate_.count()), 0);
  const wide from_per = rate_.per().count(), to_per = to.per().count();
  const wide tokens = missing / from_per, part = missing % from_per;
  next_ = static_cast<wide>(now) * static_cast<wide>(to.count()) + tokens * to_per +
          (part * to_per + from_per - 1) / from_per;  // a part of a token is missing, too
  rate_ = to;
}

}  // namespace detail

rate_limiter::rate_limiter(runtime_handle clock, rate r, std::size_t burst, const rate_limiter_options& options)
    : clock_{clock},
      start_{clock.now()},
      burst_{burst},
      options_{options},
      turn_{1, {.max_waiters = options.max_waiters, .name = options.name}, nullptr},
      bucket_{r, burst} {
  if (burst == 0) throw std::invalid_argument{"weir::rate_limiter: burst must be at least 1"};
}

void rate_limiter::list(void* what, detail::listing& to) {
  static_cast<rate_limiter*>(what)->turn_.list_as(to, observed_kind::limiter, "rate_limiter", {});
}

void rate_limiter::set_rate(rate r) noexcept {
  const std::int64_t at = now();
  {
    const detail::spin_guard guard{lock_};
    bucket_.change(r, at);
  }
  changed_.ring();
}

void rate_limiter::check(std::size_t n) const {
  if (n != 0 && n <= burst_) return;
  throw std::invalid_argument{std::string{"weir: rate_limiter '"} + options_.name + "': n is " + std::to_string(n) +
                              ", not between 1 and the burst of " + std::to_string(burst_)};
}

std::chrono::nanoseconds rate_limiter::take_or_wait(std::size_t n) noexcept {
  const std::int64_t at = now();
  const detail::spin_guard guard{lock_};
  const std::int64_t due = bucket_.due(n);
  if (due > at) return std::chrono::nanoseconds{due - at};
  bucket_.take(n, at);
  return {};
}

task<> rate_limiter::acquire(std::size_t n) {
  check(n);
  if (options_.mode == rate_mode::enforce) {
    const auto wait = take_or_wait(n);
    if (wait.count() > 0)
      throw rate_exceeded{std::string{"weir: rate_limiter '"} + options_.name + "': the rate is used up", wait};
    co_return;
  }
  // Whoever has the turn sleeps until its time; a stop wakes it, and the turn goes on with nothing used.
  const permit turn = co_await turn_.acquire();
  for (;;) {
    const std::uint64_t rings = changed_.rings();
    const auto wait = take_or_wait(n);
    if (wait.count() <= 0) co_return;
    co_await changed_.sleep_until(detail::saturating_add(clock_.now(), wait), rings);
  }
}

bool rate_limiter::try_acquire(std::size_t n) {
  check(n);
  const permit turn = turn_.try_acquire();
  return static_cast<bool>(turn) && take_or_wait(n).count() <= 0;
}

}  // namespace weir::inline v0
