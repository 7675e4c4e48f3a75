// weir/stop.hpp - scopes around one awaitable: with_timeout, with_deadline, with_stop, shield. [floor: coro]
//
//   auto page = co_await with_timeout(200ms, fetch(url));       // operation_timed_out after 200 ms
//   co_await with_stop(token, serve(connection));               // a std::stop_token from outside stops it
//   co_await shield(1s, flush(log));                            // clean-up that must not be stopped from outside
//
// Stopping    asks: the leaf await in progress, and every later one, throws operation_cancelled in the task. The scope
//             then waits for the task to end, always: it is never abandoned. A task that has not ended one second after
//             its timeout or its token's stop is reported (uncancellable), by name, and still waited for.
// Results     win: a task that ends with a result gives the result, however late, also exactly at the deadline. A
//             deadline in the past still runs the task up to its first suspension.
// Nesting     The earliest deadline acts (current_deadline()). operation_timed_out comes from the scope whose deadline
//             it was; scopes inside see operation_cancelled. An operation_timed_out that the task itself throws, for
//             example from an inner with_timeout, passes through unchanged.
// All take any awaitable, by value: a task as it is, anything else wrapped into one.
#pragma once

#include <chrono>
#include <coroutine>
#include <stop_token>
#include <utility>

#include <weir/detail/as_task.hpp>
#include <weir/detail/saturating.hpp>
#include <weir/detail/timeout_scope.hpp>
#include <weir/detail/token_scope.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

namespace detail {

template <class T>
class timeout_awaiter : private timeout_scope {
 public:
  using weir_awaitable = void;
  timeout_awaiter(time_limit limit, task<T>&& work) : timeout_scope{limit}, frame_{std::move(work).take_frame()} {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise(), frame_.promise());
  }
  T await_resume() {
    end(frame_.promise());
    return frame_.promise().take();
  }

 private:
  task_frame<T> frame_;
};

template <class T>
class stop_token_awaiter : private token_scope {
 public:
  using weir_awaitable = void;
  stop_token_awaiter(std::stop_token token, task<T>&& work)
      : token_scope{std::move(token)}, frame_{std::move(work).take_frame()} {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise(), frame_.promise());
  }
  T await_resume() {
    end();
    return frame_.promise().take();
  }

 private:
  task_frame<T> frame_;
};

template <class T>
class shield_awaiter : public task_awaiter<T> {
 public:
  explicit shield_awaiter(task<T>&& work) : task_awaiter<T>{std::move(work).take_frame()} {}
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    task_awaiter<T>::await_suspend(h);
    this->child().env.stop = nullptr;
  }
};

}  // namespace detail

/// What with_timeout and with_deadline return: await it, once.
template <class T>
class [[nodiscard]] timed_task {
 public:
  using weir_awaitable = void;
  timed_task(detail::time_limit limit, task<T>&& work) noexcept : limit_{limit}, work_{std::move(work)} {}
  detail::timeout_awaiter<T> operator co_await() && { return detail::timeout_awaiter<T>{limit_, std::move(work_)}; }

 private:
  detail::time_limit limit_;
  task<T> work_;
};

/// What with_stop returns: await it, once.
template <class T>
class [[nodiscard]] stoppable_task {
 public:
  using weir_awaitable = void;
  stoppable_task(std::stop_token token, task<T>&& work) noexcept : token_{std::move(token)}, work_{std::move(work)} {}
  detail::stop_token_awaiter<T> operator co_await() && {
    return detail::stop_token_awaiter<T>{std::move(token_), std::move(work_)};
  }

 private:
  std::stop_token token_;
  task<T> work_;
};

/// What shield returns: await it, once.
template <class T>
class [[nodiscard]] shielded_task {
 public:
  using weir_awaitable = void;
  explicit shielded_task(task<T>&& work) noexcept : work_{std::move(work)} {}
  detail::shield_awaiter<T> operator co_await() && { return detail::shield_awaiter<T>{std::move(work_)}; }

 private:
  task<T> work_;
};

/// Gives `work` at most `limit`, counted from the await; a limit that is too large to add means none.
/// Result  work's. Errors  operation_timed_out; what work throws.   Cost  one timer in the awaiting frame; no
/// allocation
template <class Rep, class Period, class A>
auto with_timeout(std::chrono::duration<Rep, Period> limit, A&& work) {
  return timed_task<detail::task_value_t<A>>{{.relative = true, .length = detail::to_nanoseconds(limit), .at = {}},
                                             detail::as_task(std::forward<A>(work))};
}

/// As with_timeout, until a time of the runtime's clock.
template <class A>
auto with_deadline(std::chrono::steady_clock::time_point at, A&& work) {
  return timed_task<detail::task_value_t<A>>{{.relative = false, .length = {}, .at = at},
                                             detail::as_task(std::forward<A>(work))};
}

/// Runs `work` so that `token` stops it, as well as whatever stops the awaiting task. The token may be stopped from any
/// thread. Result and errors  work's.          Cost  one std::stop_callback in the awaiting frame
template <class A>
auto with_stop(std::stop_token token, A&& work) {
  return stoppable_task<detail::task_value_t<A>>{std::move(token), detail::as_task(std::forward<A>(work))};
}

/// Runs `work` out of reach of stop requests and deadlines from outside: for clean-up that must happen.
/// Result and errors  work's.
template <class A>
auto shield(A&& work) {
  return shielded_task<detail::task_value_t<A>>{detail::as_task(std::forward<A>(work))};
}

/// The same with a time of its own, which alone can stop it. Errors  operation_timed_out as well.
/// Cost  one task frame more
template <class Rep, class Period, class A>
auto shield(std::chrono::duration<Rep, Period> limit, A&& work) {
  return shield(with_timeout(limit, std::forward<A>(work)));
}
template <class A>
auto shield(std::chrono::steady_clock::time_point deadline, A&& work) {
  return shield(with_deadline(deadline, std::forward<A>(work)));
}

}  // namespace weir::inline v0
