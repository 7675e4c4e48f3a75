#include <algorithm>
#include <random>
#include <stdexcept>

#include <weir/detail/outcome.hpp>
#include <weir/rate_limiter.hpp>
#include <weir/retry.hpp>

namespace weir::inline v0 {

namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument{std::string{"weir::retry: "} + what};
}

const retry_budget_options& checked(const retry_budget_options& o) {
  require(o.per_call >= 0 && o.per_call <= 1, "per_call must be in [0, 1]");
  require(o.per_second >= 0, "per_second must not be negative");
  require(o.most >= 1, "most must be at least 1");
  return o;
}

const retry_options& checked(const retry_options& o) {
  require(o.attempts != 0, "attempts must be at least 1");
  require(o.first > o.first.zero(), "first must be positive");
  require(o.most >= o.first, "most must be at least first");
  require(o.attempt_timeout > o.attempt_timeout.zero(), "attempt_timeout must be positive");
  return o;
}

// How long the other side asked for; zero if it did not.
std::chrono::nanoseconds asked_for(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const retry_later& e) {
    return e.retry_after();
  } catch (const rate_exceeded& e) {
    return e.retry_after();
  } catch (...) {
    return {};
  }
}

}  // namespace

retry_budget::retry_budget(runtime_handle clock, const retry_budget_options& options)
    : clock_{clock},
      options_{checked(options)},
      left_{std::min(options.per_second, options.most)},
      filled_{clock.now()} {}

void retry_budget::called() noexcept {
  const detail::hold guard{lock_};
  left_ = std::min(left_ + options_.per_call, options_.most);
}

bool retry_budget::take() noexcept {
  const detail::hold guard{lock_};
  refill();
  if (left_ < 1) return ++refused_, false;
  left_ -= 1;
  return true;
}

double retry_budget::left() const noexcept {
  const detail::hold guard{lock_};
  refill();
  return left_;
}

std::uint64_t retry_budget::refused() const noexcept {
  const detail::hold guard{lock_};
  return refused_;
}

// Under the lock.
void retry_budget::refill() const noexcept {
  const detail::time_point now = clock_.now();
  left_ = std::min(left_ + std::chrono::duration<double>(now - filled_).count() * options_.per_second, options_.most);
  filled_ = now;
}

namespace detail {

retry_rules::retry_rules(const retry_options& options)
    : options_{checked(options)},
      random_{options.seed != 0 ? options.seed
                                : (std::uint64_t{std::random_device{}()} << 32) + std::random_device{}()} {}

std::optional<std::chrono::nanoseconds> retry_rules::wait_after(std::size_t made, const std::exception_ptr& failure) {
  if (made >= options_.attempts || outcome_of(failure) == outcome::cancelled) return std::nullopt;
  if (options_.retriable != nullptr && !options_.retriable(failure)) return std::nullopt;
  std::chrono::nanoseconds longest = options_.first;
  for (std::size_t k = 1; k < made && longest < options_.most; ++k)
    longest = longest > options_.most / 2 ? options_.most : longest * 2;
  // splitmix64, Steele, Lea, Flood 2014.
  std::uint64_t z = random_.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  const std::chrono::nanoseconds jitter{
      static_cast<std::int64_t>(z % (static_cast<std::uint64_t>(longest.count()) + 1))};
  return std::max(jitter, asked_for(failure));
}

}  // namespace detail
}  // namespace weir::inline v0
