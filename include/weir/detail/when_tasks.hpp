// weir/detail/when_tasks.hpp - the children of a combinator: a pack of tasks, or a range of them.  [floor: coro]
//
// Both give the same: pointers for the scope, a window, and the results in one of three shapes: all of them, what
// became of each, or the one that decided.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <weir/detail/promise.hpp>
#include <weir/expected.hpp>
#include <weir/par.hpp>
#include <weir/task.hpp>
#include <weir/unit.hpp>

namespace weir::inline v0 {

/// What when_any and race give: which one it was, counted from 0, and its result.
template <class T>
struct first_of {
  std::size_t index;
  T value;
};

namespace detail {

template <class T>
value_or_unit<T> take_value(task_promise_type<T>& p) {
  if constexpr (std::is_void_v<T>)
    return p.take(), unit{};
  else
    return p.take();
}

template <class T>
expected<T> take_expected(task_promise_type<T>& p) {
  if (p.error) return expected<T>{std::exchange(p.error, nullptr)};
  return expected<T>{std::in_place, take_value<T>(p)};
}

/// A result where a reference cannot be: T, or a reference_wrapper for T&.
template <class T>
using storable = std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>, T>;

/// The results of a range: a vector, or nothing.
template <class T>
struct all_of {
  using type = std::vector<storable<T>>;
};
template <>
struct all_of<void> {
  using type = void;
};

/// The result of one of several: their type if it is the same for all, otherwise a variant with a place for each.
template <class... Ts>
struct either {
  static constexpr bool uniform = false;
  using type = std::variant<storable<value_or_unit<Ts>>...>;
};
template <class T, class... Ts>
  requires(std::is_same_v<T, Ts> && ...)
struct either<T, Ts...> {
  static constexpr bool uniform = true;
  using type = value_or_unit<T>;
};
template <>
struct either<> {
  static constexpr bool uniform = true;
  using type = unit;
};

template <class... Ts>
class task_pack {
 public:
  explicit task_pack(std::tuple<task<Ts>...>&& work)
      : frames_{std::apply([](auto&... t) { return std::tuple{std::move(t).take_frame()...}; }, work)},
        children_{std::apply([](auto&... f) { return pointers{&f.promise()...}; }, frames_)} {}

  [[nodiscard]] const auto& children() const noexcept { return children_; }
  [[nodiscard]] static constexpr std::size_t window() noexcept { return sizeof...(Ts) + 1; }

  std::tuple<value_or_unit<Ts>...> all() {
    return std::apply([](auto&... f) { return std::tuple<value_or_unit<Ts>...>{take_value(f.promise())...}; }, frames_);
  }
  std::tuple<expected<Ts>...> each() {
    return std::apply([](auto&... f) { return std::tuple<expected<Ts>...>{take_expected(f.promise())...}; }, frames_);
  }
  template <std::size_t I = 0>
  first_of<typename either<Ts...>::type> one(std::size_t which) {
    if constexpr (I + 1 < sizeof...(Ts)) {
      if (which != I) return one<I + 1>(which);
    }
    if constexpr (sizeof...(Ts) == 0)
      return {};  // not reached: nobody decides
    else if constexpr (either<Ts...>::uniform)
      return {I, take_value(std::get<I>(frames_).promise())};
    else
      return {I, typename either<Ts...>::type{std::in_place_index<I>, take_value(std::get<I>(frames_).promise())}};
  }

 private:
  using pointers = std::array<promise_base*, sizeof...(Ts)>;
  std::tuple<task_frame<Ts>...> frames_;
  pointers children_;
};

template <class T>
class task_range {
 public:
  task_range(std::vector<task<T>>&& work, par at_once) : at_once_{at_once} {
    frames_.reserve(work.size());
    children_.reserve(work.size());
    for (auto& t : work) {
      frames_.push_back(std::move(t).take_frame());
      children_.push_back(&frames_.back().promise());
    }
  }

  [[nodiscard]] const auto& children() const noexcept { return children_; }
  [[nodiscard]] std::size_t window() const noexcept { return at_once_.count(); }

  using results = typename all_of<T>::type;
  results all() {
    if constexpr (!std::is_void_v<T>) {
      results all;
      all.reserve(frames_.size());
      for (auto& f : frames_) all.emplace_back(f.promise().take());
      return all;
    }
  }
  std::vector<expected<T>> each() {
    std::vector<expected<T>> all;
    all.reserve(frames_.size());
    for (auto& f : frames_) all.push_back(take_expected(f.promise()));
    return all;
  }
  first_of<value_or_unit<T>> one(std::size_t which) { return {which, take_value(frames_[which].promise())}; }

 private:
  par at_once_;
  std::vector<task_frame<T>> frames_;
  std::vector<promise_base*> children_;
};

}  // namespace detail
}  // namespace weir::inline v0
