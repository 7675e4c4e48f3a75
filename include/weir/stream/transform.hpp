// weir/stream/transform.hpp - operators that are one loop with what is before them.               [floor: flow]
//
// map, filter, take, skip, scan, flat_map, window. All of them emit while they are polled, wait only when what is
// before them does, end with it, hold what is said below and nothing else; only window allocates. A function
// that throws ends the stream with that exception. Functions are called by one task at a time.
#pragma once

#include <concepts>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <weir/stream/from.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

namespace detail {

template <class S, class F>
class map_stage : public after<S> {
 public:
  using item = std::invoke_result_t<F&, item_of<S>>;
  static_assert(!is_task<std::remove_cvref_t<item>>,
                "map: the function returns a task, which nobody would await; use map_async(f, par{c})");
  map_stage(S&& up, F&& fn) : after<S>{std::move(up)}, fn_(std::move(fn)) {}
  template <class Emit>
  flow poll(Emit&& emit) {
    return this->up_.poll([&](auto&& x) { return emit(std::invoke(fn_, std::forward<decltype(x)>(x))); });
  }
  void list(listing& to) { this->list_as(to, "map"); }

 private:
  F fn_;
};

template <class S, class P>
class filter_stage : public after<S> {
 public:
  using item = item_of<S>;
  filter_stage(S&& up, P&& keep) : after<S>{std::move(up)}, keep_(std::move(keep)) {}
  template <class Emit>
  flow poll(Emit&& emit) {
    return this->up_.poll(
        [&](auto&& x) { return std::invoke(keep_, std::as_const(x)) ? emit(std::forward<decltype(x)>(x)) : true; });
  }
  void list(listing& to) { this->list_as(to, "filter"); }

 private:
  P keep_;
};

template <class S>
class take_stage : public after<S> {
 public:
  using item = item_of<S>;
  take_stage(S&& up, std::size_t n) : after<S>{std::move(up)}, left_{n} {}
  template <class Emit>
  flow poll(Emit&& emit) {
    if (left_ == 0) return flow::ended;
    bool on = true;
    const flow how = this->up_.poll([&](auto&& x) {
      --left_;
      on = emit(std::forward<decltype(x)>(x));
      return on && left_ != 0;
    });
    return on && left_ == 0 ? flow::ended : how;
  }
  /// Of nothing: what is before it is not started.
  task<> start(task_group& group) {
    if (left_ != 0) co_await this->up_.start(group);
  }
  void list(listing& to) { this->list_as(to, "take"); }

 private:
  std::size_t left_;
};

template <class S>
class skip_stage : public after<S> {
 public:
  using item = item_of<S>;
  skip_stage(S&& up, std::size_t n) : after<S>{std::move(up)}, left_{n} {}
  template <class Emit>
  flow poll(Emit&& emit) {
    return this->up_.poll([&](auto&& x) {
      if (left_ == 0) return emit(std::forward<decltype(x)>(x));
      --left_;
      return true;
    });
  }
  void list(listing& to) { this->list_as(to, "skip"); }

 private:
  std::size_t left_;
};

template <class S, class T, class F>
class scan_stage : public after<S> {
 public:
  using item = const T&;
  scan_stage(S&& up, T&& init, F&& fn) : after<S>{std::move(up)}, sum_(std::move(init)), fn_(std::move(fn)) {}
  template <class Emit>
  flow poll(Emit&& emit) {
    return this->up_.poll([&](auto&& x) {
      sum_ = std::invoke(fn_, std::move(sum_), std::forward<decltype(x)>(x));
      return emit(std::as_const(sum_));
    });
  }
  void list(listing& to) { this->list_as(to, "scan", 1); }

 private:
  T sum_;
  F fn_;
};

template <class S, class F>
class flat_map_stage : public after<S> {
  using inner = std::invoke_result_t<F&, item_of<S>>;
  using kept = std::remove_cvref_t<inner>;
  static_assert(std::ranges::input_range<kept>, "flat_map: the function must return a range");

 public:
  using item = range_item<kept>;
  flat_map_stage(S&& up, F&& fn) : after<S>{std::move(up)}, fn_(std::move(fn)) {}
  template <class Emit>
  flow poll(Emit&& emit) {
    if (inner_ && !drain(emit)) return flow::more;
    return this->up_.poll([&](auto&& x) {
      inner_.emplace(std::invoke(fn_, std::forward<decltype(x)>(x)));
      walk_.begin(*inner_);
      return drain(emit);
    });
  }
  void list(listing& to) { this->list_as(to, "flat_map", 1); }

 private:
  /// False: emit has enough, or it is time to let others run; the rest of the inner range waits.
  template <class Emit>
  bool drain(Emit& emit) {
    if (walk_.template go<item>(emit) != flow::ended) return false;
    walk_.reset();
    inner_.reset();
    return true;
  }

  F fn_;
  std::optional<kept> inner_;
  range_walk<kept> walk_;
};

template <class S>
class window_stage : public after<S> {
 public:
  using item = const std::deque<value_of<S>>&;
  window_stage(S&& up, std::size_t n) : after<S>{std::move(up)}, size_{n} {}
  template <class Emit>
  flow poll(Emit&& emit) {
    return this->up_.poll([&](auto&& x) {
      if (last_.size() == size_) last_.pop_front();
      last_.push_back(std::forward<decltype(x)>(x));
      return last_.size() < size_ || emit(std::as_const(last_));
    });
  }
  void list(listing& to) { this->list_as(to, "window", size_); }

 private:
  const std::size_t size_;
  std::deque<value_of<S>> last_;
};

/// Stage<S, Args...> made from the stage before it and kept arguments.
template <template <class, class...> class Stage, class... Args>
class make_stage {
 public:
  explicit make_stage(Args... args) : args_(std::move(args)...) {}
  template <class S>
  auto attach(S up) && {
    return std::apply([&](Args&... args) { return Stage<S, Args...>{std::move(up), std::move(args)...}; }, args_);
  }

 private:
  std::tuple<Args...> args_;
};

/// The same for stages with a number.
template <template <class> class Stage>
class counted_stage {
 public:
  explicit counted_stage(std::size_t n) noexcept : n_{n} {}
  template <class S>
  auto attach(S up) && {
    return Stage<S>{std::move(up), n_};
  }

 private:
  std::size_t n_;
};

class named_op {
 public:
  explicit named_op(const char* name) noexcept : name_{name} {}
  template <class S>
  auto attach(S up) && {
    up.name = name_;
    return up;
  }

 private:
  const char* name_;
};

}  // namespace detail

/// Gives the stage before it this name, in reports and for set_bound(). `name` is static. Costs nothing.
[[nodiscard]] inline auto named(const char* name) { return detail::named_op{name}; }

/// fn(item). What it returns is emitted as it is, a reference too.
template <class F>
[[nodiscard]] auto map(F fn) {
  return detail::make_stage<detail::map_stage, F>{std::move(fn)};
}

/// The items for which keep(item) holds.
template <class P>
[[nodiscard]] auto filter(P keep) {
  return detail::make_stage<detail::filter_stage, P>{std::move(keep)};
}

/// The first n items, and then the end: nothing more is asked for, not even whether there is more, and what
/// is before it is stopped. take(0) does not start what is before it.
[[nodiscard]] inline auto take(std::size_t n) { return detail::counted_stage<detail::take_stage>{n}; }

/// All but the first n items.
[[nodiscard]] inline auto skip(std::size_t n) { return detail::counted_stage<detail::skip_stage>{n}; }

/// sum = fn(sum, item) for each item; emits each sum. Holds one T.
template <class T, class F>
[[nodiscard]] auto scan(T init, F fn) {
  return detail::make_stage<detail::scan_stage, T, F>{std::move(init), std::move(fn)};
}

/// The elements of the range fn(item), one range after the other. Holds one range.
template <class F>
[[nodiscard]] auto flat_map(F fn) {
  return detail::make_stage<detail::flat_map_stage, F>{std::move(fn)};
}

/// `| window{n}`: the last n items, from the n-th on, after each. Holds n items; emits a const std::deque&.
/// As an argument of map_async and partition_by: how many calls may be running, or finished and not yet emitted.
class window {
 public:
  /// Errors  std::invalid_argument if n is 0
  explicit window(std::size_t n) : size_{n} {
    if (n == 0) throw std::invalid_argument{"weir::window: n must be at least 1"};
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  template <class S>
  auto attach(S up) && {
    return detail::window_stage<S>{std::move(up), size_};
  }

 private:
  std::size_t size_;
};

}  // namespace weir::inline v0
