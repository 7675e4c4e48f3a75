// weir/detail/foreign.hpp - a task awaits somebody else's awaitable.                           [floor: coro]
//
// A foreign awaiter resumes its handle wherever and whenever it likes; a task must come back at its home. So the
// foreign awaiter gets the handle of a small proxy coroutine that, when resumed, wakes the task through its scheduler
// and ends. An awaiter that is ready costs nothing. Foreign awaits are not cancelled: their library has its own way.
#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include <weir/detail/promise.hpp>
#include <weir/detail/trampoline.hpp>

namespace weir::inline v0::detail {

template <class A>
decltype(auto) awaiter_of(A&& awaitable) {
  if constexpr (requires { std::forward<A>(awaitable).operator co_await(); })
    return std::forward<A>(awaitable).operator co_await();
  else if constexpr (requires { operator co_await(std::forward<A>(awaitable)); })
    return operator co_await(std::forward<A>(awaitable));
  else
    return static_cast<A&&>(awaitable);
}

/// What `co_await std::forward<A>(awaitable)` gives.
template <class A>
using await_result =
    decltype(std::declval<std::remove_reference_t<decltype(awaiter_of(std::declval<A>()))>&>().await_resume());

/// A coroutine, not yet started, that wakes `task` when it is resumed, and then ends.
std::coroutine_handle<> make_wake_proxy(promise_base& task);

template <class A>
class foreign_awaiter {
 public:
  explicit foreign_awaiter(A&& awaitable) : inner_(awaiter_of(std::forward<A>(awaitable))) {}
  foreign_awaiter(const foreign_awaiter&) = delete;
  foreign_awaiter& operator=(const foreign_awaiter&) = delete;

  bool await_ready() { return inner_.await_ready(); }

  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    h.promise().about_to_wait();
    const auto proxy = make_wake_proxy(h.promise());
    h.promise().trace_wait(wait_cause::other, nullptr);
    using suspended = decltype(inner_.await_suspend(proxy));
    try {
      if constexpr (std::is_void_v<suspended>) {
        inner_.await_suspend(proxy);
      } else if constexpr (std::is_same_v<suspended, bool>) {
        if (inner_.await_suspend(proxy)) return;
        proxy.destroy();
        h.promise().trace_goes_on();
        resume_next(h);
      } else {
        resume_next(inner_.await_suspend(proxy));
      }
    } catch (...) {
      proxy.destroy();
      throw;
    }
  }

  decltype(auto) await_resume() { return inner_.await_resume(); }

 private:
  decltype(awaiter_of(std::declval<A>())) inner_;
};

}  // namespace weir::inline v0::detail
