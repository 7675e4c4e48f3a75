// weir/this_task.hpp - what a task says and asks about itself: resume_on, checkpoint, ...          [floor: coro]
#pragma once

#include <chrono>
#include <coroutine>
#include <stdexcept>

#include <weir/detail/promise.hpp>
#include <weir/detail/stop_state.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/place.hpp>
#include <weir/runtime_handle.hpp>

namespace weir::inline v0 {

namespace detail {

class resume_on_awaiter {
 public:
  using weir_awaitable = void;
  explicit resume_on_awaiter(home where) noexcept : where_{where} {}
  explicit resume_on_awaiter(place there) noexcept : where_{there.where()}, of_{&there.owner()} {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    promise_base& task = h.promise();
    if (of_ == task.env.sched) of_ = nullptr;
    if (of_ != nullptr) return resume_next(h);  // to throw
    task.env.where = where_;
    if (task.env.sched->on(where_)) return resume_next(h);
    task.trace_wait(wait_cause::move, nullptr);
    task.wake();
  }
  void await_resume() const {
    if (of_ != nullptr) throw std::invalid_argument{"weir: resume_on: the place is another runtime's"};
  }

 private:
  home where_;
  scheduler* of_ = nullptr;  ///< null: the task's own
};

class checkpoint_awaiter {
 public:
  using weir_awaitable = void;
  checkpoint_awaiter() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    task_ = &h.promise();
    task_->trace_wait(wait_cause::yield, nullptr);
    task_->wake();
  }
  void await_resume() const { throw_if_stopped(*task_); }

 private:
  static void throw_if_stopped(const promise_base& task);
  promise_base* task_ = nullptr;
};

/// Reads something of the awaiting task; goes on at once.
template <class Read>
class ask_awaiter {
 public:
  using weir_awaitable = void;
  using keeps_the_stack = void;
  explicit ask_awaiter(Read read) noexcept : read_{read} {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  bool await_suspend(std::coroutine_handle<P> h) noexcept {
    task_ = &h.promise();
    return false;
  }
  auto await_resume() const noexcept { return read_(*task_); }

 private:
  Read read_;
  const promise_base* task_ = nullptr;
};

}  // namespace detail

/// `co_await resume_on(home::cpu)`: from here on this task, and the tasks it awaits, run on that home. Tasks that await
/// it return to their own. Goes on at once if it is there already. Does not look at stop requests.
[[nodiscard]] inline detail::resume_on_awaiter resume_on(home where) noexcept {
  return detail::resume_on_awaiter{where};
}

/// `co_await resume_on(rt.io())`, `co_await resume_on(rt.cpu())`: the same, for code that holds the runtime.
/// Errors    std::invalid_argument when it is not the task's runtime: a task stays with the one that counts it
[[nodiscard]] inline detail::resume_on_awaiter resume_on(place there) noexcept {
  return detail::resume_on_awaiter{there};
}

/// `co_await checkpoint()`: lets everything that is ready go first, then goes on; throws operation_cancelled if a stop
/// has been requested. For long loops that await nothing else.
[[nodiscard]] inline detail::checkpoint_awaiter checkpoint() noexcept { return detail::checkpoint_awaiter{}; }

/// `co_await stop_requested()`: whether this task has been asked to stop.
[[nodiscard]] inline auto stop_requested() noexcept {
  return detail::ask_awaiter{
      [](const detail::promise_base& t) noexcept { return t.env.stop != nullptr && t.env.stop->stop_requested(); }};
}

/// `co_await current_deadline()`: when this task will be stopped at the latest, by the innermost deadline of all scopes
/// around it; time_point::max() if there is none. For handing the remaining time on to a server.
[[nodiscard]] inline auto current_deadline() noexcept {
  return detail::ask_awaiter{[](const detail::promise_base& t) noexcept {
    return t.env.stop != nullptr ? t.env.stop->deadline() : detail::time_point::max();
  }};
}

/// `co_await current_time()`: the time, by the runtime's clock.
[[nodiscard]] inline auto current_time() noexcept {
  return detail::ask_awaiter{[](const detail::promise_base& t) noexcept { return t.env.sched->now(); }};
}

/// `co_await current_runtime()`: the runtime this task runs on.
[[nodiscard]] inline auto current_runtime() noexcept {
  return detail::ask_awaiter{[](const detail::promise_base& t) noexcept { return runtime_handle{*t.env.sched}; }};
}

}  // namespace weir::inline v0
