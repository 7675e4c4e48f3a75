// weir/fork_join.hpp - runs functions, possibly at the same time, and waits for all of them.   [floor: rt]
//
//   const auto [a, b] = weir::fork_join([&] { return fib(n - 1); }, [&] { return fib(n - 2); });
//
// Called on a worker, the first function runs at once and the others lie on the worker's own deque, where thieves find
// them; what nobody has taken meanwhile runs in place, in order. Recursion is the intended use: a fork with its join
// costs a few nanoseconds and allocates nothing, so a cut-off to serial code is rarely worth its line.
#pragma once

#include <weir/detail/fork.hpp>
#include <weir/detail/region.hpp>
#include <weir/detail/suppressed.hpp>
#include <weir/executor.hpp>
#include <weir/unit.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir::inline v0 {

namespace detail {

template <class F>
using fork_result = value_or_unit<std::remove_cvref_t<std::invoke_result_t<F&>>>;

template <class F>
fork_result<F> call_forked(F& fn) {
  if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
    std::invoke(fn);
    return {};
  } else {
    return std::invoke(fn);
  }
}

/// The child of a fork_join. When a thief runs it, result or exception stay in it until the join.
template <class F>
class forked_call : public fork_job {
 public:
  using result = fork_result<F>;

  explicit forked_call(F& fn) noexcept : fork_job{&run_stolen}, fn_{std::addressof(fn)} {}
  ~forked_call() {}  // NOLINT(modernize-use-equals-default): the union; a harvest has emptied it
  forked_call(const forked_call&) = delete;
  forked_call& operator=(const forked_call&) = delete;

  /// Ends the child, here or at its thief, and gives its result or throws its exception.
  result finish(fork_place place) {
    if (take_back(*this, place)) [[likely]]
      return call_forked(*fn_);
    return harvest();
  }

  /// Ends the child; another exception is under way, which suppresses the child's own.
  void drop(fork_place place) noexcept {
    try {
      (void)finish(place);
    } catch (...) {
      report_suppressed("fork_join", std::current_exception());
    }
  }

 private:
  static void run_stolen(fork_job& job) noexcept {
    auto& self = static_cast<forked_call&>(job);
    try {
      ::new (static_cast<void*>(std::addressof(self.result_))) result(call_forked(*self.fn_));
    } catch (...) {
      ::new (static_cast<void*>(std::addressof(self.error_))) std::exception_ptr{std::current_exception()};
      self.threw = true;
    }
  }

  [[gnu::noinline]] result harvest() {
    if (threw) {
      const std::exception_ptr error = std::move(error_);
      std::destroy_at(std::addressof(error_));
      std::rethrow_exception(error);
    }
    result value = std::move(result_);
    std::destroy_at(std::addressof(result_));
    return value;
  }

  F* fn_;
  union {
    result result_;
    std::exception_ptr error_;
  };
};

template <class F, class Rest>
auto fork_two(F& first, Rest& rest) -> std::pair<fork_result<F>, fork_result<Rest>> {
  forked_call<Rest> child{rest};
  const fork_place place = fork(child);
  const auto run_first = [&] {
    try {
      return call_forked(first);
    } catch (...) {
      child.drop(place);
      throw;
    }
  };
  fork_result<F> left = run_first();
  return {std::move(left), child.finish(place)};
}

/// Functions I and following of a tuple of references.
template <std::size_t I, class Functions>
auto fork_from(Functions& fns) {
  auto& first = std::get<I>(fns);
  if constexpr (I + 1 == std::tuple_size_v<Functions>) {
    return std::tuple{call_forked(first)};
  } else {
    auto rest = [&fns] { return fork_from<I + 1>(fns); };
    auto [left, others] = fork_two(first, rest);
    return std::tuple_cat(std::tuple{std::move(left)}, std::move(others));
  }
}

template <class... F>
auto fork_all(F&... fns) {
  if constexpr (sizeof...(F) == 2) {
    return fork_two(fns...);
  } else {
    std::tuple<F&...> all{fns...};
    return fork_from<0>(all);
  }
}

}  // namespace detail

/// Calls every function, possibly at the same time; returns when all have ended. Their results as a tuple in the order
/// of the arguments, weir::unit for void, references as values; nothing when all of them return void.
/// Errors    the exception of the leftmost function that threw, after all have ended: the one that a serial run would
///           see first, whichever was thrown first; the others are reported (report_kind::never_awaited)
/// Ordering  what precedes the call is visible to all, what they did is visible after it
/// Blocks    while a thief still runs one of them; meanwhile it runs what that one has forked, never anything else
/// Threads   on a thread that is no worker (outside, reactor, blocking pool) they run in place, one after another; so
///           does what finds 1024 forks outstanding on this worker
/// Cost      about 4 ns for each function but the first, no allocation   (bench: fork_join/fib)
template <std::invocable... F>
  requires(sizeof...(F) > 1)
auto fork_join(F&&... fns) {
  if constexpr ((std::is_void_v<std::invoke_result_t<F&>> && ...)) {
    (void)detail::fork_all(fns...);
  } else {
    return detail::fork_all(fns...);
  }
}

/// fork_join() without results.
template <std::invocable... F>
  requires(sizeof...(F) > 1)
void parallel_invoke(F&&... fns) {
  (void)detail::fork_all(fns...);
}

/// fork_join() on the workers of an executor, from any thread. On a strand the functions run one after another.
/// Errors    as fork_join(), runtime_closed, would_deadlock on the reactor thread
/// Blocks    until all have ended: an outside thread sleeps meanwhile, a worker takes part
template <std::invocable... F>
  requires(sizeof...(F) > 1)
auto fork_join(executor on, F&&... fns) {
  detail::region all{1, {}};
  std::optional<decltype(detail::fork_all(fns...))> results;
  all.run(on.core(), [&] {
    const detail::fork_pause serial{!all.forks()};
    results.emplace(detail::fork_all(fns...));
  });
  if constexpr (!(std::is_void_v<std::invoke_result_t<F&>> && ...)) return *std::move(results);
}

/// The same without results.
template <std::invocable... F>
  requires(sizeof...(F) > 0)
void parallel_invoke(executor on, F&&... fns) {
  if constexpr (sizeof...(F) > 1) {
    (void)fork_join(on, fns...);
  } else {
    detail::region all{1, {}};
    all.run(on.core(), fns...);
  }
}

}  // namespace weir::inline v0
