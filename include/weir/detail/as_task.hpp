// weir/detail/as_task.hpp - scopes take tasks; this makes one of any awaitable.                [floor: coro]
#pragma once

#include <type_traits>
#include <utility>

#include <weir/task.hpp>

namespace weir::inline v0::detail {

template <class A>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

/// The result type of the task made of an awaitable of type A: never an rvalue reference.
template <class A>
struct task_value {
  using raw = await_result<A&&>;
  using type = std::conditional_t<std::is_rvalue_reference_v<raw>, std::remove_cvref_t<raw>, raw>;
};
template <class T>
struct task_value<task<T>> {
  using type = T;
};
template <class A>
using task_value_t = typename task_value<std::remove_cvref_t<A>>::type;

template <class A>
task<task_value_t<A>> await_in_task(A awaitable) {
  co_return co_await std::move(awaitable);
}

/// The task itself, or one that awaits `awaitable`, which is moved into it.
template <class A>
task<task_value_t<A>> as_task(A&& awaitable) {
  static_assert(!is_task<std::remove_cvref_t<A>> || !std::is_lvalue_reference_v<A>,
                "a task is awaited once: std::move(t)");
  if constexpr (is_task<std::remove_cvref_t<A>>)
    return std::forward<A>(awaitable);
  else
    return await_in_task<std::remove_cvref_t<A>>(std::forward<A>(awaitable));
}

}  // namespace weir::inline v0::detail
