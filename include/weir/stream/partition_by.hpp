// weir/stream/partition_by.hpp - calls in order for each key, several keys at once: partition_by. [floor: flow]
//
//   from(events) | partition_by(user_of, apply, par{8})      // each user's in order, several users at once
//
//   up --driver--> place in the window --> the key's line --its run--> call --> result --consumer--> poll()
//
// Emits         a result when it is there.
// Backpressure  at most c calls; running + results not yet taken <= the window, items of busy keys
//               included; then nothing more is asked for.
// Fails, ends   as map_async. A key that throws when it is computed, hashed, compared, fails the stream.
// Allocates     from the pool: a node an item; a frame and a record a burst of a key, beside the call's
//               own. And the window, and the table of keys.
// Threads       fn: several tasks at once; key_of, the hash and the comparison: one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <weir/detail/key_lines.hpp>
#include <weir/stream/map_async.hpp>

namespace weir::inline v0 {

namespace detail {

template <class S, class Key, class F>
class partition_stage : public called<result_of_call<F, value_of<S>>> {
  using value = value_of<S>;
  using result = result_of_call<F, value>;
  using key = std::remove_cvref_t<std::invoke_result_t<Key&, const value&>>;
  using base = called<result>;
  using table = key_lines<key, value>;

 public:
  static constexpr std::size_t drivers = S::drivers + 1;
  partition_stage(S&& up, Key&& key_of, F&& fn, par at_once, std::size_t size)
      : base{size, order::unordered},
        up_(std::move(up)),
        key_of_(std::move(key_of)),
        fn_(std::move(fn)),
        keys_{std::make_unique<table>(at_once.count())} {}
  task<> start(task_group& group) {
    if constexpr (S::drivers != 0) co_await up_.start(group);
    co_await group.spawn(drive(), "partition_by");
  }
  void list(listing& to) {
    list_part(up_, to);
    part_counts counts = this->results_->counts();
    counts.at_once = keys_->most();
    list_in_group(to, *this, "partition_by", counts,
                  {keys_.get(), [](void* keys, std::size_t n) { static_cast<table*>(keys)->set_most(n); }});
  }

 private:
  // The table is the bound.
  task<> drive() {
    co_await with_group({.limit = par{std::numeric_limits<std::size_t>::max()}, .name = "partition_by"}, make_calls,
                        std::ref(*this));
    this->results_->close();
  }
  static task<> make_calls(task_group& calls, partition_stage& me) {
    for (;;) {
      static_cast<void>(co_await me.results_->open());
      std::optional<value> x = co_await next_of(me.up_);
      if (!x) co_return me.results_->withdraw();
      key of = std::invoke(me.key_of_, std::as_const(*x));
      typename table::line* const idle = me.keys_->enter(std::move(of), std::move(*x));
      if (idle == nullptr) continue;
      co_await me.keys_->admit();
      co_await calls.spawn(run(me, *idle));
    }
  }
  /// An item lives in its node until its call has ended.
  static task<> run(partition_stage& me, typename table::line& of) {
    using step = typename table::step;
    typename table::items x;
    for (step how = me.keys_->next(of, x); how != step::over; how = me.keys_->next(of, x)) {
      if (how == step::pause) {
        co_await me.keys_->admit();
        continue;
      }
      if constexpr (std::is_void_v<typename std::invoke_result_t<F&, value>::value_type>) {
        co_await std::invoke(me.fn_, std::move(x.front()));
        me.results_->put(0, unit{});
      } else {
        result done = co_await std::invoke(me.fn_, std::move(x.front()));
        me.results_->put(0, std::move(done));
      }
    }
  }

  S up_;
  Key key_of_;
  F fn_;
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

/// fn(item) -> task<R>, in order for all items with equal key_of(item), at most c keys beside each other;
/// emits results as they come. Items of a busy key wait in the window; other keys are not held up until it
/// is full.
/// Requires  keys are hashable and movable.     Errors  std::invalid_argument: the window is smaller than c
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
