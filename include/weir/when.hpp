// weir/when.hpp - when_all: several awaitables at once, all of their results.                  [floor: coro]
//
//   auto [orders, price] = co_await when_all(fetch_orders(u), fetch_price(u));
//   std::vector<page> pages = co_await when_all(std::move(fetches), par{20});
//
// Structured: it goes on only when every child that was started has ended. The first failure stops the siblings and is
// what it throws, after they have ended; later failures, other than their cancellation, are reported (never_awaited).
// Children start on the awaiting task's home, with its context, inside its deadline.
// The range form needs a bound (D6): par{c} children run at once, started in order; after a failure no more are
// started.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <weir/detail/as_task.hpp>
#include <weir/detail/when_scope.hpp>
#include <weir/par.hpp>
#include <weir/task.hpp>
#include <weir/unit.hpp>

namespace weir::inline v0 {

namespace detail {

template <class T>
value_or_unit<T> take_value(task_promise_type<T>& p) {
  if constexpr (std::is_void_v<T>)
    return p.take(), unit{};
  else
    return p.take();
}

template <class... Ts>
class when_all_awaiter : private when_scope {
 public:
  using weir_awaitable = void;
  explicit when_all_awaiter(std::tuple<task<Ts>...>&& work)
      : frames_{std::apply([](auto&... t) { return std::tuple{std::move(t).take_frame()...}; }, work)} {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    std::apply([this](auto&... f) { children_ = {&f.promise()...}; }, frames_);
    begin(h.promise(), children_.data(), sizeof...(Ts), sizeof...(Ts) + 1);
  }
  std::tuple<value_or_unit<Ts>...> await_resume() {
    end();
    return std::apply([](auto&... f) { return std::tuple<value_or_unit<Ts>...>{take_value(f.promise())...}; }, frames_);
  }

 private:
  std::tuple<task_frame<Ts>...> frames_;
  std::array<promise_base*, sizeof...(Ts)> children_{};
};

/// What the range form gives per task: T, or a reference_wrapper for T&.
template <class T>
using range_value = std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>, T>;
template <class T>
struct range_result {
  using type = std::vector<range_value<T>>;
};
template <>
struct range_result<void> {
  using type = void;
};

template <class T>
class when_range_awaiter : private when_scope {
 public:
  using weir_awaitable = void;
  when_range_awaiter(std::vector<task<T>>&& work, par at_once) : at_once_{at_once} {
    frames_.reserve(work.size());
    children_.reserve(work.size());
    for (auto& t : work) {
      frames_.push_back(std::move(t).take_frame());
      children_.push_back(&frames_.back().promise());
    }
  }
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise(), children_.data(), children_.size(), at_once_.count());
  }
  typename range_result<T>::type await_resume() {
    end();
    if constexpr (!std::is_void_v<T>) {
      typename range_result<T>::type results;
      results.reserve(frames_.size());
      for (auto& f : frames_) results.emplace_back(f.promise().take());
      return results;
    }
  }

 private:
  par at_once_;
  std::vector<task_frame<T>> frames_;
  std::vector<promise_base*> children_;
};

}  // namespace detail

/// What when_all(awaitables...) returns: await it, once.
template <class... Ts>
class [[nodiscard]] all_tasks {
 public:
  using weir_awaitable = void;
  explicit all_tasks(task<Ts>&&... work) noexcept : work_{std::move(work)...} {}
  detail::when_all_awaiter<Ts...> operator co_await() && { return detail::when_all_awaiter<Ts...>{std::move(work_)}; }

 private:
  std::tuple<task<Ts>...> work_;
};

/// What when_all(vector, par) returns: await it, once.
template <class T>
class [[nodiscard]] all_of_range {
 public:
  using weir_awaitable = void;
  all_of_range(std::vector<task<T>>&& work, par at_once) noexcept : work_{std::move(work)}, at_once_{at_once} {}
  detail::when_range_awaiter<T> operator co_await() && {
    return detail::when_range_awaiter<T>{std::move(work_), at_once_};
  }

 private:
  std::vector<task<T>> work_;
  par at_once_;
};

/// Runs all at once. Result  a tuple of their results, `unit` for void; {} for none.
/// Errors  the first failure, after all have ended.                 Cost  no allocation besides the tasks' frames
template <class... As>
auto when_all(As&&... work) {
  return all_tasks<detail::task_value_t<As>...>{detail::as_task(std::forward<As>(work))...};
}

/// Runs the tasks, at most `at_once` at the same time. Result  a vector of their results in order (reference_wrapper
/// for references), or nothing for void. Errors  as above.
template <class T>
auto when_all(std::vector<task<T>> work, par at_once) {
  return all_of_range<T>{std::move(work), at_once};
}

}  // namespace weir::inline v0
