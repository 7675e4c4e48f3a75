// weir/task.hpp - task<T>: work that runs when it is awaited.                                  [floor: coro]
//
//   weir::task<int> answer() { co_return 42; }         calling it runs nothing
//   int n = co_await answer();                          awaiting it runs it, on the awaiting task's home
//
// A task inherits runtime, home, cancellation, deadline and context from whoever awaits it, and returns to its home
// after every await. It cannot be detached: something always waits for it (another task, a group, a root), so its
// frame, its result and its exception always have an owner. A task may await other libraries' awaitables too.
//
// Result      T may be void, a reference, or move-only. Exceptions go to whoever awaits.
// Frames      from the pool (D12); released when the awaiting expression ends. Synchronous completions and chains of
//             any length do not grow the stack (detail/trampoline.hpp).
// Unstarted   A task that is destroyed without having been awaited or spawned is counted and reported (never_awaited).
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

#include <weir/detail/foreign.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/result_slot.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/unit.hpp>

namespace weir::inline v0 {

template <class T = void>
class task;

namespace detail {

template <class T>
class task_promise_type;

template <class T>
class result_promise : public promise_base {
 public:
  template <class U = T>
    requires std::is_constructible_v<T, U&&>
  void return_value(U&& value) {
    // NOLINTNEXTLINE(clang-analyzer-core.*): as promise_base::stand_alone()
    result_->set(std::forward<U>(value));
  }
  /// The result goes there instead of into this promise. Before the first resumption.
  void deliver_to(result_slot<T>& there) noexcept { result_ = &there; }

 protected:
  result_slot<T> slot_;
  result_slot<T>* result_ = &slot_;
};

template <>
class result_promise<void> : public promise_base {
 public:
  void return_void() const noexcept {}
  void deliver_to(result_slot<void>&) const noexcept {}

 protected:
  result_slot<void> slot_;
};

template <class T>
class task_promise_type final : public result_promise<T> {
 public:
  task<T> get_return_object(std::source_location where = std::source_location::current()) noexcept;
  final_awaiter final_suspend() const noexcept { return final_awaiter{this->run != nullptr}; }

  template <class A>
  decltype(auto) await_transform(A&& awaitable) {
    static_assert(
        !requires(std::remove_cvref_t<A> t) { std::move(t).take_frame(); } || !std::is_lvalue_reference_v<A>,
        "a task is awaited once: co_await std::move(t)");
    if constexpr (!keeps_the_stack<A>) this->stand_alone();
    if constexpr (weir_awaitable<A>)
      return static_cast<A&&>(awaitable);
    else
      return foreign_awaiter<A>{std::forward<A>(awaitable)};
  }

  /// The result, or rethrows. Once, after the task has ended.
  T take() {
    if (this->error) std::rethrow_exception(std::exchange(this->error, nullptr));
    return this->slot_.take();
  }
};

/// Owns a task's frame.
template <class T>
class task_frame {
 public:
  using handle = std::coroutine_handle<task_promise_type<T>>;

  task_frame() noexcept = default;
  explicit task_frame(handle h) noexcept : handle_{h} {}
  task_frame(task_frame&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
  task_frame& operator=(task_frame&& other) noexcept {
    task_frame{std::move(other)}.swap(*this);
    return *this;
  }
  ~task_frame() {
    if (handle_) handle_.destroy();
  }

  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
  task_promise_type<T>& promise() const noexcept { return handle_.promise(); }
  /// Gives the frame up to whoever destroys it through promise().self.
  handle release() noexcept { return std::exchange(handle_, nullptr); }
  void swap(task_frame& other) noexcept { std::swap(handle_, other.handle_); }

 private:
  handle handle_;
};

template <class T>
class task_awaiter {
 public:
  using weir_awaitable = void;

  explicit task_awaiter(task_frame<T>&& frame) noexcept : frame_{std::move(frame)} {}
  task_awaiter(task_awaiter&&) noexcept = default;

  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    auto& child = frame_.promise();
    child.start_under(awaiting.promise());
    resume_next(child.self);
  }
  T await_resume() { return frame_.promise().take(); }

 protected:
  promise_base& child() const noexcept { return frame_.promise(); }

 private:
  task_frame<T> frame_;
};

}  // namespace detail

/// Lazy, move-only. Awaited or handed to a scope at most once: then, as after a move, it is empty, and whoever is to
/// run it throws std::invalid_argument.
template <class T>
class [[nodiscard]] task {
 public:
  using promise_type = detail::task_promise_type<T>;
  using value_type = T;
  using weir_awaitable = void;

  task(task&& other) noexcept = default;
  task& operator=(task&& other) noexcept {
    task{std::move(other)}.frame_.swap(frame_);
    return *this;
  }
  ~task() {
    if (frame_ && !frame_.promise().started()) detail::report_never_awaited(frame_.promise());
  }

  /// Runs the task as part of the awaiting one. Result: T, or the exception it ended with.
  /// Errors  std::invalid_argument: the task is empty (moved-from)
  detail::task_awaiter<T> operator co_await() && { return detail::task_awaiter<T>{std::move(*this).take_frame()}; }

  /// The frame, for whoever starts the task otherwise (roots, groups, scopes). Leaves this task empty.
  /// Errors  std::invalid_argument: it is empty already
  detail::task_frame<T> take_frame() && {
    if (!frame_) [[unlikely]]
      detail::throw_empty_task();
    return std::move(frame_);
  }

 private:
  friend promise_type;
  explicit task(detail::task_frame<T> frame) noexcept : frame_{std::move(frame)} {}

  detail::task_frame<T> frame_;
};

template <class T>
task<T> detail::task_promise_type<T>::get_return_object(std::source_location where) noexcept {
  const auto h = std::coroutine_handle<task_promise_type>::from_promise(*this);
  this->self = h;
  this->site = where;
  return task<T>{task_frame<T>{h}};
}

}  // namespace weir::inline v0

#include <weir/detail/root_task.hpp>
