// weir/stream/batch.hpp - many items as one: batch.                                               [floor: flow]
//
//   rows | batch(500) | for_each(par{8}, insert)
//   lines | batch({.items = 1000, .bytes = 1 << 20}, 50ms) | ...
//
// A batch is a std::vector, never empty, and ends with the first of: `items` items; an item that would take it over
// `bytes` (which begins the next one; one that is larger than that is alone); with a time limit, that time after its
// first item came; the end of the stream. bytes: item_bytes(item), as for channels.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <weir/detail/batch_room.hpp>
#include <weir/detail/timed_batch.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

namespace detail {

template <class S>
class batch_stage : public after<S> {
 public:
  using item = std::vector<value_of<S>>&&;
  batch_stage(S&& up, const batch_limits& limits) : after<S>{std::move(up)}, room_{limits} {}
  template <class Emit>
  flow poll(Emit&& emit) {
    if (!room_.limited()) return by_number(emit);
    if (room_.full() && !emit(take())) return flow::more;
    bool on = true;
    const flow how = this->up_.poll([&](auto&& x) {
      const std::size_t bytes = room_.bytes_of(x);
      if (room_.refuses(bytes)) on = emit(take());
      if (open_.empty()) open_.reserve(room_.at_first());
      open_.push_back(std::forward<decltype(x)>(x));
      room_.add(bytes);
      if (on && room_.full()) on = emit(take());
      return on;  // false and full: the next poll begins with it
    });
    if (how != flow::ended || open_.empty()) return how;
    if (on) static_cast<void>(emit(take()));
    return flow::more;
  }
  void list(listing& to) {
    list_part(this->up_, to);
    list_in_loop(to, *this, "batch", room_.most().get(), {},
                 {&room_.most(), [](void* most, std::size_t n) { static_cast<live_bound*>(most)->set(n); }});
  }

 private:
  std::vector<value_of<S>> take() noexcept {
    room_.clear();
    return std::exchange(open_, {});
  }
  // The same, without bytes: a batch goes as it gets full. In locals, which nothing that is written can alias.
  template <class Emit>
  flow by_number(Emit& emit) {
    const std::size_t most = room_.most().get();
    if (open_.size() >= most && !emit(std::exchange(open_, {}))) return flow::more;  // it may have got lower
    std::vector<value_of<S>> open = std::exchange(open_, {});
    bool on = true;
    const flow how = this->up_.poll([&](auto&& x) {
      if (open.empty()) open.reserve(std::min<std::size_t>(most, 1024));
      open.push_back(std::forward<decltype(x)>(x));
      if (open.size() >= most) on = emit(std::exchange(open, {}));
      return on;
    });
    if (how == flow::ended && !open.empty()) return static_cast<void>(emit(std::move(open))), flow::more;
    open_ = std::move(open);
    return how;
  }

  batch_room room_;
  std::vector<value_of<S>> open_;
};

template <class S>
class timed_batch_stage : public part {
  using value = value_of<S>;

 public:
  using item = std::vector<value>&&;
  static constexpr std::size_t drivers = S::drivers + 1;
  timed_batch_stage(S&& up, const batch_limits& limits, std::chrono::nanoseconds longest)
      : up_(std::move(up)), shared_{std::make_unique<timed_batch<value>>(limits, longest)} {}
  task<> start(task_group& group) {
    if constexpr (S::drivers != 0) co_await up_.start(group);
    co_await group.spawn(drive(), "batch");
  }
  template <class Emit>
  flow poll(Emit&& emit) {
    if (ended_) return flow::ended;
    if (held_.empty()) return flow::idle;
    return emit(std::exchange(held_, {})) ? flow::idle : flow::more;
  }
  task<> ready() {
    held_ = co_await shared_->next();
    ended_ = held_.empty();
  }
  void list(listing& to) {
    list_part(up_, to);
    list_in_group(to, *this, "batch", shared_->counts(), {shared_.get(), [](void* shared, std::size_t n) {
                                                            static_cast<timed_batch<value>*>(shared)->set_most(n);
                                                          }});
  }

 private:
  task<> drive() {
    while (std::optional<value> x = co_await next_of(up_)) co_await shared_->add(std::move(*x));
    shared_->end();
  }

  S up_;
  std::unique_ptr<timed_batch<value>> shared_;
  std::vector<value> held_;
  bool ended_ = false;
};

class batch_op {
 public:
  explicit batch_op(const batch_limits& limits) : limits_{checked(limits)} {}
  template <class S>
  auto attach(S up) && {
    return batch_stage<S>{std::move(up), limits_};
  }

 private:
  batch_limits limits_;
};

class timed_batch_op {
 public:
  timed_batch_op(const batch_limits& limits, std::chrono::nanoseconds longest);
  template <class S>
  auto attach(S up) && {
    return timed_batch_stage<S>{std::move(up), limits_, longest_};
  }

 private:
  batch_limits limits_;
  std::chrono::nanoseconds longest_;
};

}  // namespace detail

/// Batches of n items, the last one perhaps smaller. Emits when one is complete; ends with what is before it. Holds the
/// open batch. Allocates  one vector a batch.     Errors  std::invalid_argument if n, or the bytes, are 0
[[nodiscard]] inline auto batch(std::size_t n) { return detail::batch_op{batch_limits{.items = n}}; }
[[nodiscard]] inline auto batch(const batch_limits& limits) { return detail::batch_op{limits}; }

/// The same, and no batch is open for longer than `longest` after its first item came, by the runtime's clock. Items
/// are fetched beside the consumer: while nobody takes the batch it grows to its limits, no further; one item may be on
/// its way.
[[nodiscard]] inline auto batch(const batch_limits& limits, std::chrono::nanoseconds longest) {
  return detail::timed_batch_op{limits, longest};
}

}  // namespace weir::inline v0
