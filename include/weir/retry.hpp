// weir/retry.hpp - calling again what failed, without a storm: retry.                             [floor: flow]
//
//   retry_budget calm{rt};                                          // shared by all calls to one partner
//   from(ids) | map_async(retry({.attempts = 4, .budget = &calm, .limit = &pool}, fetch), par{20})
//
// Waits        full jitter: a random time up to first * 2^k, at most `most`; at least what the other side asks for
//              (retry_later, rate_exceeded).   Exponential backoff and jitter, M. Brooker, 2015.
// Budget       every call pays in a tenth of a retry, and a few a second are free; a retry takes one out. None left:
//              the failure is thrown as it is. So a partner that is down gets 1.1 times the calls and a few a second,
//              not 4 times.   Twitter Finagle, RetryBudget; gRPC A6.
// Permits      of `limit` are held during an attempt, never during a wait.
// Never        retried: a stop (operation_cancelled), what `retriable` refuses, what the deadline leaves no time for.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <weir/detail/as_task.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/error.hpp>
#include <weir/limiter.hpp>
#include <weir/runtime_handle.hpp>
#include <weir/stop.hpp>
#include <weir/task.hpp>
#include <weir/this_task.hpp>
#include <weir/timer.hpp>

namespace weir::inline v0 {

/// The other side said when to come again (HTTP's Retry-After).
class retry_later : public error {
 public:
  retry_later(const std::string& what, std::chrono::nanoseconds after) : error{what}, retry_after_{after} {}
  [[nodiscard]] std::chrono::nanoseconds retry_after() const noexcept { return retry_after_; }

 private:
  std::chrono::nanoseconds retry_after_;
};

struct retry_budget_options {
  double per_call = 0.1;   ///< what a call pays in; [0, 1]
  double per_second = 10;  ///< paid in by time; >= 0
  double most = 100;       ///< what can be saved up
};

/// Retries that may still be made. Any thread. Outlives the calls that use it.
class retry_budget {
 public:
  /// Begins with one second's worth.   Errors  std::invalid_argument
  explicit retry_budget(runtime_handle clock, const retry_budget_options& options = {});
  void called() noexcept;
  /// True: one retry may be made, and is taken out.
  [[nodiscard]] bool take() noexcept;
  [[nodiscard]] double left() const noexcept;
  [[nodiscard]] std::uint64_t refused() const noexcept;

 private:
  void refill() const noexcept;

  const runtime_handle clock_;
  const retry_budget_options options_;
  mutable detail::spin_lock lock_;
  mutable double left_;
  mutable detail::time_point filled_;
  std::uint64_t refused_ = 0;
};

struct retry_options {
  std::size_t attempts = 4;                                                    ///< calls in all; at least 1
  std::chrono::nanoseconds first = std::chrono::milliseconds{50};              ///< the longest first wait; > 0
  std::chrono::nanoseconds most = std::chrono::seconds{10};                    ///< the longest wait
  std::chrono::nanoseconds attempt_timeout = std::chrono::nanoseconds::max();  ///< of each attempt
  retry_budget* budget = nullptr;
  limiter* limit = nullptr;                                ///< one permit an attempt
  bool (*retriable)(const std::exception_ptr&) = nullptr;  ///< null: everything but a stop
  std::uint64_t seed = 0;                                  ///< of the jitter; 0: another one each time
};
static_assert(std::is_trivially_destructible_v<retry_options>);  // gcc 12, see task_group.hpp

namespace detail {

/// What is the same for every call of one retry().
class retry_rules {
 public:
  explicit retry_rules(const retry_options& options);
  [[nodiscard]] const retry_options& options() const noexcept { return options_; }
  /// How long to wait before the attempt after `made` ones; none: throw the failure.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> wait_after(std::size_t made, const std::exception_ptr& failure);

 private:
  retry_options options_;
  std::atomic<std::uint64_t> random_;  // splitmix64's counter; relaxed: any order will do
};

template <class R, class F, class... Args>
task<R> call_again(retry_rules& rules, F& fn, Args... args) {
  const retry_options& how = rules.options();
  if (how.budget != nullptr) how.budget->called();
  for (std::size_t made = 1;; ++made) {
    std::exception_ptr failure;
    {
      permit place;
      if (how.limit != nullptr) place = co_await how.limit->acquire();
      try {
        if constexpr (std::is_void_v<R>) {
          co_await with_timeout(how.attempt_timeout, std::invoke(fn, std::as_const(args)...));
          co_return;
        } else {
          co_return co_await with_timeout(how.attempt_timeout, std::invoke(fn, std::as_const(args)...));
        }
      } catch (...) {
        failure = std::current_exception();
      }
    }
    const std::optional<std::chrono::nanoseconds> wait = rules.wait_after(made, failure);
    if (!wait) std::rethrow_exception(failure);
    const time_point limit = co_await current_deadline();
    const time_point now = co_await current_time();
    if (limit - now <= *wait) std::rethrow_exception(failure);
    if (how.budget != nullptr && !how.budget->take()) std::rethrow_exception(failure);
    co_await sleep_for(*wait);
  }
}

template <class F>
class retrying {
 public:
  retrying(const retry_options& options, F&& fn) : rules_{std::make_unique<retry_rules>(options)}, fn_(std::move(fn)) {}
  template <class... Args>
    requires std::invocable<F&, const std::decay_t<Args>&...>
  auto operator()(Args&&... args) {
    using call = std::invoke_result_t<F&, const std::decay_t<Args>&...>;
    static_assert(is_task<call>, "retry: the function must return a task");
    return call_again<typename call::value_type, F, std::decay_t<Args>...>(*rules_, fn_, std::forward<Args>(args)...);
  }

 private:
  std::unique_ptr<retry_rules> rules_;
  F fn_;
};

}  // namespace detail

/// A function that calls fn(args...) -> task<R>, and again when it fails. Arguments are kept and passed as const; each
/// call's task refers to what retry() returned, which outlives it. Any thread.
/// Result   the first success. Errors  the last failure; std::invalid_argument: impossible options
/// Cost     a task frame a call; a wait is a timer
template <class F>
[[nodiscard]] auto retry(const retry_options& options, F fn) {
  return detail::retrying<F>{options, std::move(fn)};
}

}  // namespace weir::inline v0
