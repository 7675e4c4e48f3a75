// weir/stream/sinks.hpp - where streams end: for_each, collect, reduce, first, to.                 [floor: flow]
//
// A stream and a sink are a task. A sink asks for the next item when it is done with the last one, or has room for one
// more; a failure of its function, and a stop of its task, end what is before it.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <weir/channel_ends.hpp>
#include <weir/detail/lanes.hpp>
#include <weir/error.hpp>
#include <weir/par.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

/// collect() found more items than it was told to keep.
class too_many : public error {
 public:
  using error::error;
};

namespace detail {

class collect_sink {
 public:
  explicit collect_sink(std::size_t most) noexcept : most_{most} {}
  template <class S>
  task<std::vector<value_of<S>>> operator()(S& stage) {
    std::vector<value_of<S>> all;
    auto keep = [&](auto&& x) {
      if (all.size() == most_) throw too_many{"weir::collect: more than " + std::to_string(most_) + " items"};
      all.push_back(std::forward<decltype(x)>(x));
      return true;
    };
    co_await for_all(stage, std::ref(keep));
    co_return all;
  }
  void list(listing& to) { list_in_loop(to, {}, "collect", most_); }

 private:
  std::size_t most_;
};

template <class F>
class for_each_sink {
 public:
  explicit for_each_sink(F fn) : fn_(std::move(fn)) {}
  template <class S>
  task<std::size_t> operator()(S& stage) {
    static_assert(!is_task<std::remove_cvref_t<std::invoke_result_t<F&, item_of<S>>>>,
                  "for_each: the function returns a task; say how many at once: for_each(par{1}, f)");
    std::size_t n = 0;
    auto call = [&](auto&& x) {
      static_cast<void>(std::invoke(fn_, std::forward<decltype(x)>(x)));
      return ++n, true;
    };
    co_await for_all(stage, std::ref(call));
    co_return n;
  }
  void list(listing& to) { list_in_loop(to, {}, "for_each"); }

 private:
  F fn_;
};

template <class F>
class for_each_async_sink : public part {
 public:
  for_each_async_sink(par at_once, F fn, const char* called)
      : part{called}, turn_{std::make_unique<turn_of_lanes>(at_once.count())}, fn_(std::move(fn)) {}
  template <class S>
  task<std::size_t> operator()(S& stage) {
    static_assert(is_task<std::invoke_result_t<F&, value_of<S>>>,
                  "for_each(par, f): the function must return a task; for_each(f) takes plain functions");
    lanes<S, for_each_async_sink> all{stage, *this, *turn_};
    co_await all.run("for_each");
    co_return static_cast<std::size_t>(turn_->read().passed);
  }
  void list(listing& to) {
    const turn_of_lanes::counts now = turn_->read();
    list_in_group(to, *this, "for_each",
                  {.at_once = now.most,
                   .capacity = now.most,
                   .depth = now.running,
                   .peak = now.peak,
                   .in = now.passed,
                   .out = now.passed - now.running},
                  turn_->lever_of());
  }

  // As lanes.hpp's work.
  no_place admit() noexcept { return {}; }
  void nothing(unit) noexcept {}
  template <class T>
  auto call(T&& item) {
    return std::invoke(fn_, std::forward<T>(item));
  }
  template <class R>
  void done(unit, R&&) noexcept {}

 private:
  std::unique_ptr<turn_of_lanes> turn_;
  F fn_;
};

template <class T, class F>
class reduce_sink {
 public:
  reduce_sink(T init, F fn) : sum_(std::move(init)), fn_(std::move(fn)) {}
  template <class S>
  task<T> operator()(S& stage) {
    pace steps;
    for (flow how = flow::more; how != flow::ended;) {
      how = some(stage);
      if (how == flow::idle) co_await stage.ready();
      if (how == flow::more) co_await breathe(steps);
    }
    co_return std::move(sum_);
  }
  void list(listing& to) { list_in_loop(to, {}, "reduce"); }

 private:
  // Not in the coroutine: what has its address in a frame does not stay in a register.
  template <class S>
  flow some(S& stage) {
    T sum = std::move(sum_);
    const flow how = stage.poll([&](auto&& x) {
      sum = std::invoke(fn_, std::move(sum), std::forward<decltype(x)>(x));
      return true;
    });
    sum_ = std::move(sum);
    return how;
  }

  T sum_;
  F fn_;
};

class first_sink {
 public:
  template <class S>
  task<std::optional<value_of<S>>> operator()(S& stage) {
    return next_of(stage);
  }
  void list(listing& to) { list_in_loop(to, {}, "first", 1); }
};

template <class T>
class channel_sink {
 public:
  explicit channel_sink(channel<T>& into) noexcept : into_{&into} {}
  template <class S>
  task<std::size_t> operator()(S& stage) {
    for (std::size_t n = 0;; ++n) {
      std::optional<value_of<S>> item = co_await next_of(stage);
      if (!item) co_return n;
      co_await into_->send(std::move(*item));
    }
  }
  void list(listing& to) { list_in_loop(to, {}, "to", 0, into_->name()); }

 private:
  channel<T>* into_;
};

template <class T>
class end_sink {
 public:
  explicit end_sink(sending_end<T> into) noexcept : into_{std::move(into)} {}
  template <class S>
  task<std::size_t> operator()(S& stage) {
    for (std::size_t n = 0;; ++n) {
      std::optional<value_of<S>> item = co_await next_of(stage);
      if (!item) co_return n;
      co_await into_.send(std::move(*item));
    }
  }
  void failed(const std::exception_ptr& error) noexcept { into_.close(error); }
  void list(listing& to) { list_in_loop(to, {}, "to", 0, into_.name()); }

 private:
  sending_end<T> into_;
};

}  // namespace detail

/// All items, in order. Asks for one more than `most`, at most. Errors  too_many. Allocates  the vector.
[[nodiscard]] inline auto collect(std::size_t most) { return detail::collect_sink{most}; }

/// fn(item) for each, one after the other, in place. Result: how many.
template <class F>
[[nodiscard]] auto for_each(F fn) {
  return detail::for_each_sink<F>{std::move(fn)};
}

/// fn(item) -> task<> for each, at most c at once; an item is fetched when there is room for its call. The item
/// outlives the call; fn is called by several tasks at once. Result: how many. Allocates  c lanes, from the pool
/// `name` is static: in reports, and for set_bound() of c
template <class F>
[[nodiscard]] auto for_each(par at_once, F fn, const char* name = nullptr) {
  return detail::for_each_async_sink<F>{at_once, std::move(fn), name};
}

/// sum = fn(sum, item) for each item; the last sum.
template <class T, class F>
[[nodiscard]] auto reduce(T init, F fn) {
  return detail::reduce_sink<T, F>{std::move(init), std::move(fn)};
}

/// The first item, or none; nothing more is asked for.
[[nodiscard]] inline auto first() { return detail::first_sink{}; }

/// Sends each item into the channel, waiting for room; leaves it open. Result: how many.
template <class T>
[[nodiscard]] auto to(channel<T>& into) {
  return detail::channel_sink<T>{into};
}

/// The same into an end, which goes with the sink: the channel closes after the last item, with the stream's failure if
/// there was one.
template <class T>
[[nodiscard]] auto to(sending_end<T> into) {
  return detail::end_sink<T>{std::move(into)};
}

}  // namespace weir::inline v0
