// weir/when.hpp - several awaitables at once: when_all, when_all_settled, when_any, race.      [floor: coro]
//
//   auto [orders, price] = co_await when_all(fetch_orders(u), fetch_price(u));
//   std::vector<page> pages = co_await when_all(std::move(fetches), par{20});
//   auto [mirror, page] = co_await when_any(fetch(a), fetch(b), fetch(c));
//
//                      goes on with          a failure                        of nothing
//   when_all           all results           stops the others, is thrown      {}
//   when_all_settled   what became of each   is a value like any other        {}
//   when_any           the first success     is one of aggregate_error's      aggregate_error
//   race               the first to end      is thrown, if it comes first     does not compile; std::invalid_argument
//
// Structured    Each goes on only when every child that was started has ended: losers are asked to stop AND awaited.
//               One that has not ended a second later is reported by name (uncancellable), and still waited for.
// Results win   A stop from outside reaches the children. What they make of it counts: results are not thrown away;
//               when_all_settled gives operation_cancelled for what was cut short or never started, the others throw
//               it.
// Nothing lost  A failure, not a cancellation, of a child that the result does not speak of is reported
//               (never_awaited).
// Children      start on the awaiting task's home, with its context, inside its deadline. The range forms need a bound
//               (D6): par{c} run at once, started in order; once it is decided, no more are started.
// Cost          no allocation besides the tasks' frames; range forms: two vectors. A loser that does not end at once:
//               one timer.
#pragma once

#include <cstddef>
#include <exception>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <weir/detail/as_task.hpp>
#include <weir/detail/outcome.hpp>
#include <weir/detail/when_scope.hpp>
#include <weir/detail/when_tasks.hpp>
#include <weir/error.hpp>
#include <weir/par.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

/// when_any: none succeeded.
class aggregate_error : public error {
 public:
  explicit aggregate_error(std::vector<std::exception_ptr> errors);
  /// One for each awaitable, in their order.
  [[nodiscard]] const std::vector<std::exception_ptr>& errors() const noexcept { return errors_; }

 private:
  std::vector<std::exception_ptr> errors_;
};

namespace detail {

/// Where when_all puts the failures after the first; null: they are reported.
using suppressed_list = std::vector<std::exception_ptr>*;

[[noreturn]] void throw_first(when_scope::child_list children, std::size_t first, suppressed_list others);
[[noreturn]] void throw_aggregate(when_scope::child_list children);
[[noreturn]] void throw_cut_short(when_scope::child_list children);

struct to_all {
  static constexpr when_rules rules{[](const promise_base& child) noexcept { return child.error != nullptr; }, false,
                                    1};
  template <class Tasks>
  static decltype(auto) result(Tasks& tasks, std::size_t winner, bool cut_short, suppressed_list others) {
    if (cut_short) throw_cut_short(tasks.children());
    if (winner != when_scope::none) throw_first(tasks.children(), winner, others);
    return tasks.all();
  }
};

struct to_each {
  static constexpr when_rules rules{[](const promise_base&) noexcept { return false; }, false, 4};
  template <class Tasks>
  static auto result(Tasks& tasks, std::size_t, bool, suppressed_list) {
    return tasks.each();
  }
};

struct to_any {
  static constexpr when_rules rules{[](const promise_base& child) noexcept { return child.error == nullptr; }, true, 2};
  template <class Tasks>
  static auto result(Tasks& tasks, std::size_t winner, bool cut_short, suppressed_list) {
    if (cut_short) throw_cut_short(tasks.children());
    if (winner == when_scope::none) throw_aggregate(tasks.children());
    return tasks.one(winner);
  }
};

struct to_first {
  static constexpr when_rules rules{[](const promise_base&) noexcept { return true; }, true, 3};
  template <class Tasks>
  static auto result(Tasks& tasks, std::size_t winner, bool, suppressed_list) {
    return tasks.one(winner);
  }
};

template <class Tasks, class To>
class when_awaiter : private when_scope {
 public:
  using weir_awaitable = void;
  template <class... Work>
  explicit when_awaiter(suppressed_list others, Work&&... work)
      : when_scope{To::rules}, tasks_{std::forward<Work>(work)...}, others_{others} {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise(), tasks_.children(), tasks_.window());
  }
  decltype(auto) await_resume() {
    const auto [winner, cut_short] = end();
    return To::result(tasks_, winner, cut_short, others_);
  }

 private:
  Tasks tasks_;
  suppressed_list others_;
};

/// What the combinators return: await it, once.
template <class To, class... Ts>
class [[nodiscard]] when_pack {
 public:
  using weir_awaitable = void;
  explicit when_pack(task<Ts>&&... work) noexcept : work_{std::move(work)...} {}
  when_awaiter<task_pack<Ts...>, To> operator co_await() && {
    return when_awaiter<task_pack<Ts...>, To>{others_, std::move(work_)};
  }
  /// The failures after the first are put there, in the order of the awaitables, instead of being reported.
  when_pack suppressed_into(std::vector<std::exception_ptr>& there) &&
    requires std::is_same_v<To, to_all>
  {
    others_ = &there;
    return std::move(*this);
  }

 private:
  std::tuple<task<Ts>...> work_;
  suppressed_list others_ = nullptr;
};

template <class To, class T>
class [[nodiscard]] when_range {
 public:
  using weir_awaitable = void;
  when_range(std::vector<task<T>>&& work, par at_once) noexcept : work_{std::move(work)}, at_once_{at_once} {}
  when_awaiter<task_range<T>, To> operator co_await() && {
    return when_awaiter<task_range<T>, To>{others_, std::move(work_), at_once_};
  }
  /// As when_pack's.
  when_range suppressed_into(std::vector<std::exception_ptr>& there) &&
    requires std::is_same_v<To, to_all>
  {
    others_ = &there;
    return std::move(*this);
  }

 private:
  std::vector<task<T>> work_;
  par at_once_;
  suppressed_list others_ = nullptr;
};

template <class A>
concept not_a_range = !std::ranges::range<std::remove_cvref_t<A>>;

template <class To, class... As>
auto when(As&&... work) {
  return when_pack<To, task_value_t<As>...>{as_task(std::forward<As>(work))...};
}

}  // namespace detail

/// All at once. Result  a tuple of their results, `unit` for void.
/// Errors  the first failure. `when_all(...).suppressed_into(errors)` keeps the others instead of reporting them.
template <detail::not_a_range... As>
auto when_all(As&&... work) {
  return detail::when<detail::to_all>(std::forward<As>(work)...);
}

/// At most `at_once` at the same time. Result  a vector of their results in order (reference_wrapper for references),
/// or nothing for void. Errors  as above.
template <class T>
auto when_all(std::vector<task<T>> work, par at_once) {
  return detail::when_range<detail::to_all, T>{std::move(work), at_once};
}

/// All at once; a failure stops nobody. Result  a tuple of expected<T>. Errors  none.
template <detail::not_a_range... As>
auto when_all_settled(As&&... work) {
  return detail::when<detail::to_each>(std::forward<As>(work)...);
}

/// The same with a bound. Result  a vector of expected<T>, in order.
template <class T>
auto when_all_settled(std::vector<task<T>> work, par at_once) {
  return detail::when_range<detail::to_each, T>{std::move(work), at_once};
}

/// All at once, until one succeeds. Result  first_of<T>{index, value}; of different types: a std::variant whose index()
/// is the same index. Errors  aggregate_error, with all their failures, when none succeeds.
template <detail::not_a_range... As>
auto when_any(As&&... work) {
  return detail::when<detail::to_any>(std::forward<As>(work)...);
}

/// The same with a bound: the next one is tried as soon as one has failed. Errors  as above, also for none.
template <class T>
auto when_any(std::vector<task<T>> work, par at_once) {
  return detail::when_range<detail::to_any, T>{std::move(work), at_once};
}

/// All at once, until one ends. Result  as when_any's. Errors  its failure, if it ends with one.
template <detail::not_a_range... As>
  requires(sizeof...(As) > 0)
auto race(As&&... work) {
  return detail::when<detail::to_first>(std::forward<As>(work)...);
}

/// The same of a range. Errors  also std::invalid_argument, at once: nobody would ever end first of none.
template <class T>
auto race(std::vector<task<T>> work, par at_once) {
  if (work.empty()) throw std::invalid_argument{"weir::race: of no tasks"};
  return detail::when_range<detail::to_first, T>{std::move(work), at_once};
}

// clang-format off
template <class T> void when_all(std::vector<task<T>>) = delete;          // a range needs a bound: when_all(std::move(tasks), par{n})
template <class T> void when_all_settled(std::vector<task<T>>) = delete;  // a range needs a bound: ..., par{n})
template <class T> void when_any(std::vector<task<T>>) = delete;          // a range needs a bound: ..., par{n})
template <class T> void race(std::vector<task<T>>) = delete;              // a range needs a bound: ..., par{n})
void race() = delete;                                                     // nobody ever ends first of none
// clang-format on

}  // namespace weir::inline v0
