// weir/future.hpp - the result of work that runs elsewhere.                                    [floor: job]
//
//   future<T>         one owner, one result: get() moves it out       (this file)
//   shared_future<T>  any number of copies: get() refers to it        weir/shared_future.hpp
//   promise<T>        gives a result by hand                          weir/promise.hpp
//
// A future that is dropped drops its result; it never blocks (std::async's does) and it does not cancel the work. An
// exception that is dropped unseen goes to the report sink (report_kind::never_awaited).
// Waiting helps only itself: get() and wait() on a worker of the job's runtime run the awaited job in place when it
// is still queued, and nothing else. On a reactor thread they throw would_deadlock unless the result is there;
// co_await is the way to wait there, and it resumes the task at its home.
#pragma once

#include <weir/detail/future_awaiter.hpp>
#include <weir/detail/saturating.hpp>
#include <weir/detail/shared_state.hpp>
#include <weir/error.hpp>

#include <chrono>
#include <stdexcept>

namespace weir::inline v0 {

/// A future or promise was used against its contract: a mistake in the program, not a state of the world.
class future_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// The promise has given its result already.
class future_already_satisfied : public future_error {
 public:
  future_already_satisfied() : future_error{"weir: the promise has already been satisfied"} {}
};

/// The promise's one future has been taken already.
class future_already_retrieved : public future_error {
 public:
  future_already_retrieved() : future_error{"weir: the promise's future has already been retrieved"} {}
};

/// The future or promise refers to nothing: default-constructed, moved from, or used up by get().
class no_future_state : public future_error {
 public:
  no_future_state() : future_error{"weir: the future refers to no result (moved from, or used up by get())"} {}
};

template <class T>
class shared_future;

namespace detail {

/// What future and shared_future have in common: looking at the result's arrival, not at the result.
template <class T>
class future_base {
 public:
  using value_type = T;
  using weir_awaitable = void;

  /// True while the future refers to a result that is there or will come.
  [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(state_); }

  /// True when get() would not wait. Errors: no_future_state. Cost: one acquire load. Any thread.
  [[nodiscard]] bool ready() const { return state().ready(); }

  /// Waits for the result.
  /// Errors    no_future_state; would_deadlock (on a reactor thread, result not there)
  /// Blocks    until the result is there; on a worker of the job's runtime a job that is still queued is run in place,
  ///           unless the stack is nearly used up. What the job did is visible afterwards.
  void wait() const { state().wait(); }

  /// Waits for the result, but not beyond the limit; true when it is there. Never runs the job in place, for that
  /// could not be kept within the limit: a runtime whose only worker polls wait_for() makes no progress.
  /// Errors    as wait(); a limit that has passed makes it ready(), on reactors too
  template <class Rep, class Period>
  [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& limit) const {
    return state().wait_until(detail::deadline_after(limit));
  }

  /// The same with a point in time of any clock.
  template <class Clock, class Duration>
  [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& limit) const {
    for (;;) {  // a clock may be set while we wait
      const std::chrono::nanoseconds left = left_until(limit);
      if (wait_for(left)) return true;
      if (left <= left.zero()) return false;
    }
  }

 protected:
  future_base() noexcept = default;
  explicit future_base(completion_ref<shared_state<T>> state) noexcept : state_{std::move(state)} {}

  [[nodiscard]] shared_state<T>& state() const {
    if (!state_) throw no_future_state{};
    return *state_;
  }
  [[nodiscard]] completion_ref<shared_state<T>> take() {
    if (!state_) throw no_future_state{};
    return std::move(state_);
  }

  completion_ref<shared_state<T>> state_;
};

}  // namespace detail

/// The one owner of a result that is there or will come. Move-only. One thread at a time.
template <class T>
class [[nodiscard]] future : public detail::future_base<T> {
 public:
  /// Refers to nothing: only assignment, destruction and valid() make sense.
  future() noexcept = default;
  explicit future(detail::completion_ref<detail::shared_state<T>> state) noexcept
      : detail::future_base<T>{std::move(state)} {}
  future(future&&) noexcept = default;
  future& operator=(future&&) noexcept = default;
  future(const future&) = delete;
  future& operator=(const future&) = delete;

  /// Waits, moves the result out and leaves the future invalid.
  /// Errors    what the work threw; operation_cancelled (cancelled before it ran); broken_promise; no_future_state,
  ///           would_deadlock as wait(), which leaves the future valid
  T get() {
    this->state().wait();
    const auto state = this->take();
    return detail::take_value<T>(*state);
  }

  /// Ends a job that has not been started: its callable is destroyed, waiters get operation_cancelled. True when this
  /// call did it. False when it runs or has ended, or when the result comes from a promise. Never blocks.
  bool cancel() { return this->state().cancel(); }

  /// Makes the result shareable; leaves this future invalid. Errors: no_future_state.
  [[nodiscard]] shared_future<T> share() { return shared_future<T>{this->take()}; }

  /// co_await: as get(), but the task is suspended instead of a thread; a result that is there does not suspend.
  /// The task resumes at its home. Takes the result with it, from an lvalue too. When the task's scope is stopped, a
  /// job that is still queued is cancelled, one that runs is left to itself, and the task gets operation_cancelled.
  detail::future_awaiter<T> operator co_await() { return detail::future_awaiter<T>{this->take()}; }

  /// For executors: only workers of this runtime may run the job in place. Before the job is enqueued.
  void belongs_to(const void* owner) noexcept { this->state_->belongs_to(owner); }
};

}  // namespace weir::inline v0

#include <weir/promise.hpp>        // IWYU pragma: export
#include <weir/shared_future.hpp>  // IWYU pragma: export
