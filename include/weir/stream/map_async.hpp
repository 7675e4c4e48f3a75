// weir/stream/map_async.hpp - calls of a stream's items, so many at once: map_async.          [floor: flow]
//
//   from(ids) | map_async(fetch, par{20}) | ...                    // results in the order of the ids
//   from(ids) | map_async(fetch, par{20}, unordered, window{100})  // as they come; at most 100 calls and results
//
//   up --a lane's turn--> place in the window --call--> result --consumer--> poll()            (detail/lanes.hpp)
//
// Emits         a result when it is its turn (ordered) or when it is there.
// Backpressure  running <= c, and running + results not yet taken <= the window; then nothing more is asked for.
// Fails         at once, also when an earlier result is still missing: the other calls are stopped and awaited.
//               To go on instead: settled(f) and skip_errors() of errors.hpp.
// Ends          when what is before it has ended and every result was taken.
// Allocates     the window, c lanes, a call's own frame. From the pool.
// Threads       fn is called by several tasks at once.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
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

}  // namespace weir::inline v0
