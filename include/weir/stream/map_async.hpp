// weir/stream/map_async.hpp - calls of a stream's items, so many at once: map_async, partition_by.  [floor: flow]
//
//   from(ids) | map_async(fetch, par{20}) | ...                    // results in the order of the ids
//   from(ids) | map_async(fetch, par{20}, unordered, window{100})  // as they come; at most 100 calls and results
//   from(events) | partition_by(user_of, apply, par{8})            // each user's in order, several users at once
//
//   up --a lane's turn--> place in the window --call--> result --consumer--> poll()            (detail/lanes.hpp)
//
// Emits         a result when it is its turn (ordered) or when it is there.
// Backpressure  running <= c, and running + results not yet taken <= the window; then nothing more is asked for.
// Fails         at once, also when an earlier result is still missing: the other calls are stopped and awaited.
//               To go on instead: settled(f) and skip_errors() of errors.hpp.
// Ends          when what is before it has ended and every result was taken.
// Allocates     the window, c lanes, a call's own frame; partition_by two frames and a record a call. From the pool.
// Threads       fn is called by several tasks at once.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include <weir/detail/lanes.hpp>
#include <weir/detail/result_window.hpp>
#include <weir/par.hpp>
#include <weir/stream/stream.hpp>
#include <weir/stream/transform.hpp>
#include <weir/unit.hpp>

namespace weir::inline v0 {

namespace detail {

[[nodiscard]] std::size_t checked_window(par at_once, const window& calls);

/// The consumer's half of every stage of calls.
template <class R>
class called : public part {
 public:
  using item = R&&;
  called(std::size_t size, order by) : results_{std::make_unique<result_window<R>>(size, by)} {}
  template <class Emit>
  flow poll(Emit&& emit) {
    for (std::size_t n = emits_per_poll; n != 0; --n) {
      std::optional<R> result = results_->take();
      if (!result) return results_->ended() ? flow::ended : flow::idle;
      if (!emit(std::move(*result))) break;
    }
    return flow::more;
  }
  auto ready() { return results_->changed(); }

 protected:
  std::unique_ptr<result_window<R>> results_;
};

template <class F, class T>
using result_of_call = std::remove_cvref_t<value_or_unit<typename std::invoke_result_t<F&, T>::value_type>>;

/// The item lives in the call's frame.
template <class F, class T, class R>
task<> call_into(F& fn, T item, result_window<R>& results, std::size_t place) {
  if constexpr (std::is_void_v<typename std::invoke_result_t<F&, T>::value_type>) {
    co_await std::invoke(fn, std::move(item));
    results.put(place, unit{});
  } else {
    R result = co_await std::invoke(fn, std::move(item));
    results.put(place, std::move(result));
  }
}

template <class S, class F>
class map_async_stage : public called<result_of_call<F, value_of<S>>> {
  using result = result_of_call<F, value_of<S>>;
  using base = called<result>;

 public:
  static constexpr std::size_t drivers = S::drivers + 1;
  map_async_stage(S&& up, F&& fn, par at_once, std::size_t size, order by)
      : base{size, by},
        up_(std::move(up)),
        fn_(std::move(fn)),
        turn_{std::make_unique<turn_of_lanes>(at_once.count())} {}
  task<> start(task_group& group) {
    if constexpr (S::drivers != 0) co_await up_.start(group);
    co_await group.spawn(drive(), "map_async");
  }
  void list(listing& to) {
    list_part(up_, to);
    part_counts counts = this->results_->counts();
    counts.at_once = turn_->most();
    list_in_group(to, *this, "map_async", counts, turn_->lever_of());
  }

 private:
  struct work {
    F& fn;
    result_window<result>& results;
    auto admit() { return results.open(); }
    void nothing(std::size_t) noexcept { results.withdraw(); }
    auto call(value_of<S>&& x) { return std::invoke(fn, std::move(x)); }
    void done(std::size_t place, result&& r) { results.put(place, std::move(r)); }
  };
  task<> drive() {
    work calls{fn_, *this->results_};
    lanes<S, work> all{up_, calls, *turn_};
    co_await all.run("map_async");
    this->results_->close();
  }

  S up_;
  F fn_;
  std::unique_ptr<turn_of_lanes> turn_;
};

template <class F>
class map_async_op {
 public:
  map_async_op(F&& fn, par at_once, std::size_t size, order by)
      : fn_(std::move(fn)), at_once_{at_once}, size_{size}, by_{by} {}
  template <class S>
  auto attach(S up) && {
    static_assert(is_task<std::invoke_result_t<F&, value_of<S>>>,
                  "map_async: the function must return a weir::task; map(f) is for plain functions");
    return map_async_stage<S, F>{std::move(up), std::move(fn_), at_once_, size_, by_};
  }

 private:
  F fn_;
  par at_once_;
  std::size_t size_;
  order by_;
};

/// Items of one key wait for the call before them in a queue of the key; a call takes what is queued when it ends.
template <class S, class Key, class F>
class partition_stage : public called<result_of_call<F, value_of<S>>> {
  using value = value_of<S>;
  using result = result_of_call<F, value>;
  using key = std::remove_cvref_t<std::invoke_result_t<Key&, const value&>>;
  using base = called<result>;

 public:
  static constexpr std::size_t drivers = S::drivers + 1;
  partition_stage(S&& up, Key&& key_of, F&& fn, par at_once, std::size_t size)
      : base{size, order::unordered},
        up_(std::move(up)),
        key_of_(std::move(key_of)),
        fn_(std::move(fn)),
        at_once_{at_once},
        keys_{std::make_unique<table>()} {}
  task<> start(task_group& group) {
    if constexpr (S::drivers != 0) co_await up_.start(group);
    co_await group.spawn(drive(), "partition_by");
  }
  void list(listing& to) {
    list_part(up_, to);
    part_counts counts = this->results_->counts();
    counts.at_once = at_once_.count();
    list_in_group(to, *this, "partition_by", counts);
  }

 private:
  struct table {
    spin_lock lock;
    std::unordered_map<key, std::deque<value>> waiting;  ///< a key is there while one of its items is called
  };

  task<> drive() {
    co_await with_group({.limit = at_once_, .name = "partition_by"}, make_calls, std::ref(*this));
    this->results_->close();
  }
  static task<> make_calls(task_group& calls, partition_stage& me) {
    for (;;) {
      static_cast<void>(co_await me.results_->open());
      std::optional<value> x = co_await next_of(me.up_);
      if (!x) co_return me.results_->withdraw();
      key of = std::invoke(me.key_of_, std::as_const(*x));
      if (!me.queued(of, *x)) co_await calls.spawn(run(me, std::move(of), std::move(*x)));
    }
  }
  bool queued(const key& of, value& x) {
    const hold guard{keys_->lock};
    const auto [at, is_new] = keys_->waiting.try_emplace(of);
    if (!is_new) at->second.push_back(std::move(x));
    return !is_new;
  }
  std::optional<value> next(const key& of) {
    const hold guard{keys_->lock};
    const auto at = keys_->waiting.find(of);
    if (at->second.empty()) return keys_->waiting.erase(at), std::nullopt;
    std::optional<value> x{std::move(at->second.front())};
    at->second.pop_front();
    return x;
  }
  static task<> run(partition_stage& me, key of, value first) {
    std::optional<value> x{std::move(first)};
    do {
      co_await call_into<F, value, result>(me.fn_, std::move(*x), *me.results_, 0);
      x = me.next(of);
    } while (x);
  }

  S up_;
  Key key_of_;
  F fn_;
  par at_once_;
  std::unique_ptr<table> keys_;
};

template <class Key, class F>
class partition_op {
 public:
  partition_op(Key&& key_of, F&& fn, par at_once, std::size_t size)
      : key_of_(std::move(key_of)), fn_(std::move(fn)), at_once_{at_once}, size_{size} {}
  template <class S>
  auto attach(S up) && {
    return partition_stage<S, Key, F>{std::move(up), std::move(key_of_), std::move(fn_), at_once_, size_};
  }

 private:
  Key key_of_;
  F fn_;
  par at_once_;
  std::size_t size_;
};

}  // namespace detail

/// fn(item) -> task<R>; emits the results (unit for void). An item outlives its call.
/// Errors  std::invalid_argument: the window is smaller than c
template <class F>
[[nodiscard]] auto map_async(F fn, par at_once, order by, window calls) {
  return detail::map_async_op<F>{std::move(fn), at_once, detail::checked_window(at_once, calls), by};
}
/// With a window of 2 c.
template <class F>
[[nodiscard]] auto map_async(F fn, par at_once, order by = order::ordered) {
  return map_async(std::move(fn), at_once, by, window{2 * at_once.count()});
}

/// fn(item) -> task<R>, in order for all items with equal key_of(item), at most c keys beside each other; emits results
/// as they come. Items of a busy key wait in the window; other keys are not held up until it is full.
/// Requires  keys are hashable and copyable.     Errors  std::invalid_argument: the window is smaller than c
template <class Key, class F>
[[nodiscard]] auto partition_by(Key key_of, F fn, par at_once, window calls) {
  return detail::partition_op<Key, F>{std::move(key_of), std::move(fn), at_once,
                                      detail::checked_window(at_once, calls)};
}
template <class Key, class F>
[[nodiscard]] auto partition_by(Key key_of, F fn, par at_once) {
  return partition_by(std::move(key_of), std::move(fn), at_once, window{2 * at_once.count()});
}

}  // namespace weir::inline v0
