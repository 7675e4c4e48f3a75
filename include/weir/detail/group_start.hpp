// weir/detail/group_start.hpp - children that are admitted twice: by a limiter, or by being ready.  [floor: coro]
// Included by task_group.hpp.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

#include <weir/promise.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/when.hpp>

namespace weir::inline v0 {

/// What a child of start() says when it is up, with the value that start() gives: `ready(port)`. Once.
template <class T = void>
class started {
 public:
  explicit started(std::shared_ptr<promise<T>> to) noexcept : to_{std::move(to)} {}
  /// Errors  future_already_satisfied: it was said before
  template <class... Args>
  void operator()(Args&&... value) const {
    to_->set_value(std::forward<Args>(value)...);
  }

 private:
  std::shared_ptr<promise<T>> to_;
};

namespace detail {

/// The permit goes back when the work has ended, not when its frame goes: somebody may keep the handle.
template <class Permit, class T>
task<T> run_holding(Permit permit, task_frame<T> work) {
  const Permit held = std::move(permit);
  co_return co_await task_awaiter<T>{std::move(work)};
}

template <class Limiter, class T>
task<join_handle<T>> spawn_admitted(task_group& group, Limiter& by, task_frame<T> work, const char* name) {
  if (name == nullptr) name = work.promise().task_name();
  auto permit = co_await by.acquire();
  co_return co_await group.spawn(run_holding(std::move(permit), std::move(work)), name);
}

/// Until it was ready, its failure is the starter's and not the group's.
template <class T, class F, class... Args>
task<> run_started(std::stop_token given_up, std::shared_ptr<promise<T>> ready, F fn, Args... args) {
  std::exception_ptr failure;
  try {
    task<> work = std::invoke(fn, started<T>{ready}, std::move(args)...);
    co_await with_stop(given_up, std::move(work));
  } catch (...) {
    failure = std::current_exception();
  }
  const bool silent = failure == nullptr;
  try {
    ready->set_exception(silent ? std::make_exception_ptr(broken_promise{"weir: the child ended without being ready"})
                                : failure);
  } catch (const future_already_satisfied&) {
    if (!silent) std::rethrow_exception(failure);
  }
}

template <class T, class F, class... Args>
task<T> start_child(task_group& group, const char* name, F fn, Args... args) {
  std::stop_source give_up;
  auto ready = std::make_shared<promise<T>>();
  future<T> up = ready->get_future();
  join_handle<void> child = co_await group.spawn(
      run_started<T>(give_up.get_token(), std::exchange(ready, nullptr), std::move(fn), std::move(args)...), name);
  std::exception_ptr failure;
  try {
    co_return co_await up;
  } catch (...) {
    failure = std::current_exception();
  }
  give_up.request_stop();  // it need not become ready any more
  co_await shield(when_all_settled(std::move(child)));
  std::rethrow_exception(failure);
}

}  // namespace detail

template <class Limiter, class A>
  requires requires(Limiter& by) { by.acquire(); }
auto task_group::spawn(Limiter& by, A&& work, const char* name) {
  return detail::spawn_admitted(*this, by, detail::as_task(std::forward<A>(work)).take_frame(), name);
}

template <class T, class F, class... Args>
task<T> task_group::start(const char* name, F&& fn, Args&&... args) {
  using child = std::invoke_result_t<std::decay_t<F>&, started<T>, std::decay_t<Args>...>;
  static_assert(std::is_same_v<child, task<>>, "task_group::start: fn(started<T>, args...) must return a weir::task<>");
  return detail::start_child<T, std::decay_t<F>, std::decay_t<Args>...>(*this, name, std::forward<F>(fn),
                                                                        std::forward<Args>(args)...);
}

}  // namespace weir::inline v0
