// weir/rate_limiter.hpp - so many per second, no more than so many at once.                      [floor: flow]
//
//   rate_limiter partner{rt, 600_hz, 30};                    // a bucket of 30, filled 600 times a second
//   co_await partner.acquire();                              // shape: waits for its turn and its time
//   rate_limiter quota{rt, 100_hz, 10, {.mode = rate_mode::enforce}};   // acquire() throws rate_exceeded instead
//
// Exact        Over any time t at most burst + rate * t are let through; no token's time is rounded to less. An idle
//              limiter saves up to `burst`, no more.
// Order        shape: strictly first in, first out. Whoever is stopped while it waits has used nothing.
// Clock        the runtime's: virtual under testing::manual_runtime.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <weir/detail/alarm.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/error.hpp>
#include <weir/limiter.hpp>
#include <weir/rate.hpp>
#include <weir/runtime_handle.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

enum class rate_mode : unsigned { shape, enforce };

/// The rate is used up and the limiter enforces it.
class rate_exceeded : public error {
 public:
  rate_exceeded(const std::string& what, std::chrono::nanoseconds after) : error{what}, retry_after_{after} {}
  /// When the same request would be let through, if nothing else comes.
  [[nodiscard]] std::chrono::nanoseconds retry_after() const noexcept { return retry_after_; }

 private:
  std::chrono::nanoseconds retry_after_;
};

struct rate_limiter_options {
  rate_mode mode = rate_mode::shape;
  std::size_t max_waiters = std::numeric_limits<std::size_t>::max();  ///< shape: further ones get `overloaded`
  const char* name = "rate_limiter";                                  ///< static
};

namespace detail {

/// The arithmetic (GCRA): when the next ones may go. Times count from 0, in nanoseconds; inside in 1/count of one.
class token_bucket {
 public:
  token_bucket(rate r, std::size_t burst) noexcept : rate_{r}, burst_{burst} {}
  /// The earliest time for n (<= burst), rounded up to a nanosecond; <= now: at once.
  [[nodiscard]] std::int64_t due(std::size_t n) const noexcept;
  /// n go at `now`. Requires  due(n) <= now.
  void take(std::size_t n, std::int64_t now) noexcept;
  /// Tokens that are missing stay missing.
  void change(rate to, std::int64_t now) noexcept;

 private:
  __extension__ typedef __int128 wide;  // NOLINT(modernize-use-using)
  rate rate_;
  const std::size_t burst_;
  wide next_ = 0;  ///< when the bucket would be full again
};

}  // namespace detail

class rate_limiter {
 public:
  /// Starts with a full bucket. Errors  std::invalid_argument if burst is 0
  rate_limiter(runtime_handle clock, rate r, std::size_t burst = 1, const rate_limiter_options& options = {});

  /// `co_await rl.acquire(n)`: goes on when n tokens are there and all earlier requests had theirs (shape), or at once
  /// (enforce).
  /// Errors     std::invalid_argument (n is 0 or above the burst); rate_exceeded (enforce); overloaded;
  ///            operation_cancelled
  /// Allocates  the frame of a small task, from the pool
  [[nodiscard]] task<> acquire(std::size_t n = 1);

  /// True: n tokens were there, nobody waited, they are taken.   Errors  std::invalid_argument
  [[nodiscard]] bool try_acquire(std::size_t n = 1);

  /// From now on, also for who waits: whose turn it is goes by the new rate at once. What was taken stays taken.
  void set_rate(rate r) noexcept;

  [[nodiscard]] std::size_t waiting() const noexcept { return turn_.waiting() + turn_.in_use(); }
  [[nodiscard]] const char* name() const noexcept { return options_.name; }

 private:
  static void list(void* what, detail::listing& to);
  void check(std::size_t n) const;
  [[nodiscard]] std::int64_t now() const noexcept { return (clock_.now() - start_).count(); }
  /// How long until n could go; 0: they are taken.
  [[nodiscard]] std::chrono::nanoseconds take_or_wait(std::size_t n) noexcept;

  const runtime_handle clock_;
  const std::chrono::steady_clock::time_point start_;
  const std::size_t burst_;
  const rate_limiter_options options_;
  limiter turn_;  ///< of one: its holder is the next to go
  detail::spin_lock lock_;
  detail::token_bucket bucket_;  ///< under lock_
  detail::alarm changed_;        ///< the rate
  const detail::listed entry_{this, &list};
};

}  // namespace weir::inline v0
