// weir/spawn.hpp - from plain code into coroutines: block_on and spawn.                        [floor: coro]
//
// Inside a task there is task_group: whoever starts concurrent tasks there owns and joins them. These two are for the
// edge of the coroutine world, for main() and for threads that are not weir's. What they start belongs to the runtime,
// is counted in its stats, and is drained or cancelled by its shutdown.
#pragma once

#include <weir/detail/root_task.hpp>
#include <weir/detail/shared_state.hpp>
#include <weir/error.hpp>
#include <weir/future.hpp>
#include <weir/place.hpp>
#include <weir/promise.hpp>
#include <weir/runtime_handle.hpp>
#include <weir/task.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace weir::inline v0 {

struct spawn_options {
  detail::home where = detail::home::cpu;  ///< the task's home: weir::home::cpu (workers) or weir::home::io (reactor)
  const char* name = nullptr;              ///< static string, for traces and reports
};

namespace detail {

template <class T>
class spawned_root final : public root_task<T> {
 public:
  spawned_root(task<T>&& t, promise<T>&& result) : root_task<T>{std::move(t), &finished}, result_{std::move(result)} {}

 private:
  // The task and its error are gone before the result is there: its owner is the last to hold it.
  static void finished(root_base& self) noexcept {
    auto* const me = static_cast<spawned_root*>(&self);
    promise<T> result = std::move(me->result_);
    std::exception_ptr error = me->error();
    if (error) {
      destroy_node(me);
      result.set_exception(std::move(error));
    } else if constexpr (std::is_void_v<T>) {
      destroy_node(me);
      result.set_value();
    } else {
      deliver(me, result);
    }
  }

  static void deliver(spawned_root* me, promise<T>& result) noexcept {
    try {
      T value = me->take();
      destroy_node(std::exchange(me, nullptr));
      result.set_value(std::forward<T>(value));
    } catch (...) {  // moving the value threw
      if (me != nullptr) destroy_node(me);
      result.set_exception(std::current_exception());
    }
  }

  promise<T> result_;
};

}  // namespace detail

/// Runs a task to its end and gives its result, or throws what it threw. The calling thread sleeps meanwhile.
/// Errors    would_deadlock on the runtime's own threads; runtime_closed; std::invalid_argument (moved-from task)
/// Cost      no allocation beside the task's frame
template <class T>
T block_on(runtime_handle rt, task<T> work, const spawn_options& options = {}) {
  return detail::run_blocked(rt.scheduler(), std::move(work), options.where, options.name);
}

/// `block_on(rt.io(), task)`: the same, on a place.
template <class T>
T block_on(place there, task<T> work, const char* name = nullptr) {
  return block_on(runtime_handle{there.owner()}, std::move(work), {.where = there.where(), .name = name});
}

/// Starts a task; its result arrives through the future. Dropping the future does not stop the task, and an exception
/// that nobody fetches is reported.
/// Errors    runtime_closed; std::invalid_argument (moved-from task)
/// Cost      two pooled nodes beside the task's frame
template <class T>
[[nodiscard]] future<T> spawn(runtime_handle rt, task<T> work, const spawn_options& options = {}) {
  promise<T> result;
  future<T> there = result.get_future();
  there.belongs_to(&rt.scheduler());
  auto* const root = detail::make_node<detail::spawned_root<T>>(std::move(work), std::move(result));
  if (!root->start(rt.scheduler(), options.where, options.name)) {
    detail::destroy_node(root);
    throw runtime_closed{};
  }
  return there;
}

/// `spawn(rt.io(), task)`: the same, on a place. name: static string, for traces and reports.
template <class T>
[[nodiscard]] future<T> spawn(place there, task<T> work, const char* name = nullptr) {
  return spawn(runtime_handle{there.owner()}, std::move(work), {.where = there.where(), .name = name});
}

/// Starts a task that belongs to the runtime: it may outlive whoever starts it, a task too. What is still there when
/// the runtime ends is listed by name, drained or stopped as its shutdown says. A failure is reported
/// (unhandled_exception). Errors    runtime_closed; std::invalid_argument (moved-from task).     `name` is static Cost
/// a pooled node beside the task's frame
void background(runtime_handle rt, task<void> work, const char* name, detail::home where = detail::home::cpu);

}  // namespace weir::inline v0
