// weir/fork.hpp - fork: parts of a computation in parallel, each one a task.                    [floor: coro]
//
//   task<long> fib(int n) {
//     if (n < 2) co_return n;
//     auto [a, b] = co_await fork(call<fib>(n - 1), call<fib>(n - 2));
//     co_return a + b;
//   }
//
// The first child runs at once, on this thread, like a function that is called; the others are what other workers may
// take meanwhile, and run here in order if nobody does. A child that waits for something (time, I/O, a channel) does
// not hold its siblings up. The await goes on when every child has ended: structured, like when_all, and nothing ever
// runs below a waiting stack. A fork that no other worker takes a part of costs about as much as two function calls and
// one pooled frame per child, so there is no need to cut recursion off.
//
// Children    a task, or something that is called with no arguments and gives a task: call<f>(args...), call(f,
//             args...) or a lambda. Calls are cheaper: their frame is made when it is the child's turn, and reused by
//             the next one.
// Inherited   home, stop, deadline, context, lane. A stop does not end the fork: the children see it where they await.
// Failure     The first exception, in time, after every child has ended; siblings are not stopped, later ones are
//             reported (report_kind::never_awaited).
// On the io home, and in testing::manual_runtime, children start in order on the one thread there is.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <weir/detail/as_task.hpp>
#include <weir/detail/fork_group.hpp>
#include <weir/detail/result_slot.hpp>
#include <weir/task.hpp>
#include <weir/unit.hpp>

// A fork_run must stay on the stack. Before version 19 clang would put one that it inlines into the coroutine's frame.
#if defined(__clang__) && __clang_major__ < 19
#define WEIR_INLINE_AWAIT [[gnu::noinline]]
#else
#define WEIR_INLINE_AWAIT [[gnu::always_inline]]
#endif

namespace weir::inline v0 {

namespace detail {

/// f(args...), not called yet.
template <class F, class... Args>
class deferred_call {
 public:
  template <class G, class... As>
  explicit deferred_call(std::in_place_t, G&& f, As&&... args)
      : f_(std::forward<G>(f)), args_(std::forward<As>(args)...) {}
  auto operator()() { return std::apply(std::move(f_), std::move(args_)); }

 private:
  [[no_unique_address]] F f_;
  [[no_unique_address]] std::tuple<Args...> args_;
};

template <auto F>
struct constant_function {
  template <class... As>
  auto operator()(As&&... args) const {
    return std::invoke(F, std::forward<As>(args)...);
  }
};

template <class C>
struct fork_child {
  static_assert(std::is_invocable_v<C&>, "fork takes tasks and callables without arguments that return tasks");
  static_assert(is_task<std::invoke_result_t<C&>>, "fork: the callable must return a task");
  using result = typename std::invoke_result_t<C&>::value_type;
  static task_frame<result> make(C& call) { return call().take_frame(); }
};
template <class T>
struct fork_child<task<T>> {
  using result = T;
  static task_frame<T> make(task<T>& made) { return std::move(made).take_frame(); }
};

template <class T>
value_or_unit<T> take_value(result_slot<T>& slot) {
  if constexpr (std::is_void_v<T>)
    return unit{};
  else
    return slot.take();
}

template <class... Cs>
class fork_awaiter : private fork_group {
 public:
  explicit fork_awaiter(std::tuple<Cs...>&& children)
      : fork_group{sizeof...(Cs), type_of_this}, children_{std::move(children)} {}

  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  WEIR_INLINE_AWAIT bool await_suspend(std::coroutine_handle<P> h) noexcept {
    promise_base& parent = h.promise();
    if (!nests(parent)) [[unlikely]]
      return begin_slowly();
    fork_run run{*this, *parent.run};
    return waits(run, run_all(run, std::index_sequence_for<Cs...>{}));
  }
  std::tuple<value_or_unit<typename fork_child<Cs>::result>...> await_resume() {
    using results = std::tuple<value_or_unit<typename fork_child<Cs>::result>...>;
    end();
    return std::apply([](auto&... slots) { return results{take_value(slots)...}; }, results_);
  }

 private:
  template <std::size_t... I>
  [[gnu::always_inline]] turn run_all(fork_run& run, std::index_sequence<I...>) noexcept {
    turn last{};
    (void)(((last = one(run, I + 1 != sizeof...(I), [&] { start_one<I>(*this, &run); })) == turn::next) && ...);
    return last;
  }

  template <std::size_t I>
  [[gnu::always_inline]] static void start_one(fork_awaiter& me, fork_run* run) {
    auto& child = std::get<I>(me.children_);
    me.launch(fork_child<std::remove_reference_t<decltype(child)>>::make(child), std::get<I>(me.results_), run);
  }
  static void start(fork_group& group, std::uint32_t i, fork_run* run) {
    auto& me = static_cast<fork_awaiter&>(group);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      static_cast<void>(((i == I ? (start_one<I>(me, run), true) : false) || ...));
    }(std::index_sequence_for<Cs...>{});
  }

  static constexpr fork_type type_of_this{&start};

  std::tuple<Cs...> children_;
  std::tuple<result_slot<typename fork_child<Cs>::result>...> results_;
};

/// N children made by one callable.
template <std::uint16_t N, class F>
class fork_each_awaiter : private fork_group {
  static_assert(is_task<std::invoke_result_t<F&, std::size_t>>, "fork<N>: f(index) must return a task");
  using result = typename std::invoke_result_t<F&, std::size_t>::value_type;
  static_assert(!std::is_reference_v<result>, "fork<N>: there are no arrays of references");

 public:
  explicit fork_each_awaiter(F&& f) : fork_group{N, type_of_this}, f_(std::move(f)) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  WEIR_INLINE_AWAIT bool await_suspend(std::coroutine_handle<P> h) noexcept {
    promise_base& parent = h.promise();
    if (!nests(parent)) [[unlikely]]
      return begin_slowly();
    fork_run run{*this, *parent.run};
    turn last = turn::next;
    for (std::uint32_t i = 0; last == turn::next; ++i) last = one(run, i + 1 != N, [&] { start_one(*this, i, &run); });
    return waits(run, last);
  }
  std::array<value_or_unit<result>, N> await_resume() {
    end();
    return std::apply([](auto&... slots) { return std::array<value_or_unit<result>, N>{take_value(slots)...}; },
                      results_);
  }

 private:
  [[gnu::always_inline]] static void start_one(fork_each_awaiter& me, std::uint32_t i, fork_run* run) {
    task_frame<result> frame = std::invoke(me.f_, static_cast<std::size_t>(i)).take_frame();
    me.launch(std::move(frame), me.results_[i], run);
  }
  static void start(fork_group& group, std::uint32_t i, fork_run* run) {
    start_one(static_cast<fork_each_awaiter&>(group), i, run);
  }

  static constexpr fork_type type_of_this{&start};

  F f_;
  std::array<result_slot<result>, N> results_;
};

}  // namespace detail

/// What fork(children...) returns: await it, once.
template <class... Cs>
class [[nodiscard]] forked_tasks {
 public:
  using weir_awaitable = void;
  using keeps_the_stack = void;
  template <class... As>
  explicit forked_tasks(std::in_place_t, As&&... children) : children_{std::forward<As>(children)...} {}
  detail::fork_awaiter<Cs...> operator co_await() && { return detail::fork_awaiter<Cs...>{std::move(children_)}; }

 private:
  std::tuple<Cs...> children_;
};

/// What fork<N>(f) returns: await it, once.
template <std::uint16_t N, class F>
class [[nodiscard]] forked_array {
 public:
  using weir_awaitable = void;
  using keeps_the_stack = void;
  template <class G>
  explicit forked_array(std::in_place_t, G&& f) : f_(std::forward<G>(f)) {}
  detail::fork_each_awaiter<N, F> operator co_await() && { return detail::fork_each_awaiter<N, F>{std::move(f_)}; }

 private:
  F f_;
};

/// A child for fork: f(args...), called when it is its turn. Arguments are moved or copied in.
template <class F, class... Args>
  requires std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>
[[nodiscard]] auto call(F&& f, Args&&... args) {
  return detail::deferred_call<std::decay_t<F>, std::decay_t<Args>...>{std::in_place, std::forward<F>(f),
                                                                       std::forward<Args>(args)...};
}

/// As call(F, args...), for a function known at compile time: cheaper, because it can be inlined.
template <auto F, class... Args>
  requires std::is_invocable_v<decltype(F), std::decay_t<Args>...>
[[nodiscard]] auto call(Args&&... args) {
  using function = detail::constant_function<F>;
  return detail::deferred_call<function, std::decay_t<Args>...>{std::in_place, function{}, std::forward<Args>(args)...};
}

/// `co_await fork(children...)`: runs all of them. Result  a tuple of their results, `unit` for void.
/// Errors    the first failure, in time, after all have ended; later ones are reported
/// Cost      one pooled frame per child; no other allocation (bench: coro_fork/fib, ns per task)
template <class... Cs>
[[nodiscard]] auto fork(Cs&&... children) {
  static_assert(sizeof...(Cs) > 0, "fork needs a child");
  static_assert(((!detail::is_task<std::remove_cvref_t<Cs>> || !std::is_lvalue_reference_v<Cs>) && ...),
                "a task is awaited once: std::move(t)");
  return forked_tasks<std::remove_cvref_t<Cs>...>{std::in_place, std::forward<Cs>(children)...};
}

/// `co_await fork<N>(f)`: runs the tasks f(0) to f(N - 1), each made when it is its turn; f is called from several
/// threads. Result  an array of their results. Errors, cost  as above.
template <std::uint16_t N, class F>
  requires std::is_invocable_v<std::decay_t<F>&, std::size_t>
[[nodiscard]] auto fork(F&& f) {
  static_assert(N > 0, "fork needs a child");
  return forked_array<N, std::decay_t<F>>{std::in_place, std::forward<F>(f)};
}

}  // namespace weir::inline v0

#undef WEIR_INLINE_AWAIT
