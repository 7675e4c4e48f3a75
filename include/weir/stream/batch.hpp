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
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <weir/async_event.hpp>
#include <weir/channel.hpp>
#include <weir/detail/saturating.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/error.hpp>
#include <weir/stop.hpp>
#include <weir/stream/stream.hpp>
#include <weir/this_task.hpp>

namespace weir::inline v0 {

struct batch_limits {
  std::size_t items;
  std::size_t bytes = std::numeric_limits<std::size_t>::max();
};

namespace detail {

[[nodiscard]] batch_limits checked(const batch_limits& limits);

/// The batch that is being filled.
template <class T>
class open_batch {
 public:
  explicit open_batch(const batch_limits& limits) noexcept : limits_{limits} {}

  /// True: item has to wait until what is there has gone.
  [[nodiscard]] bool refuses(const T& item) const noexcept {
    return full() || (!items_.empty() && limited() && item_bytes(item) > limits_.bytes - bytes_);
  }
  template <class U>
  void add(U&& item) {
    if (items_.empty()) items_.reserve(std::min<std::size_t>(limits_.items, 1024));
    if (limited()) bytes_ += std::min(item_bytes(item), limits_.bytes - bytes_);
    items_.push_back(std::forward<U>(item));
  }
  [[nodiscard]] bool full() const noexcept {
    return items_.size() == limits_.items || (limited() && bytes_ == limits_.bytes);
  }
  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] std::size_t most() const noexcept { return limits_.items; }
  [[nodiscard]] bool limited() const noexcept { return limits_.bytes != std::numeric_limits<std::size_t>::max(); }
  std::vector<T> take() noexcept {
    bytes_ = 0;
    return std::exchange(items_, {});
  }
  /// Requires  empty(), no limit of bytes.
  void restore(std::vector<T>&& items) noexcept { items_ = std::move(items); }

 private:
  const batch_limits limits_;
  std::vector<T> items_;
  std::size_t bytes_ = 0;
};

template <class S>
class batch_stage : public after<S> {
 public:
  using item = std::vector<value_of<S>>&&;
  batch_stage(S&& up, const batch_limits& limits) : after<S>{std::move(up)}, open_{limits} {}
  template <class Emit>
  flow poll(Emit&& emit) {
    if (!open_.limited()) return by_number(emit);
    if (open_.full() && !emit(open_.take())) return flow::more;
    bool on = true;
    const flow how = this->up_.poll([&](auto&& x) {
      if (open_.refuses(x)) on = emit(open_.take());
      open_.add(std::forward<decltype(x)>(x));
      if (on && open_.full()) on = emit(open_.take());
      return on;  // false and full: the next poll begins with it
    });
    if (how != flow::ended || open_.empty()) return how;
    if (on) static_cast<void>(emit(open_.take()));
    return flow::more;
  }
  void list(listing& to) { this->list_as(to, "batch", open_.most()); }

 private:
  // The same, without bytes: a batch goes as it gets full. In locals, which nothing that is written can alias.
  template <class Emit>
  flow by_number(Emit& emit) {
    std::vector<value_of<S>> open = open_.take();
    const std::size_t most = open_.most();
    bool on = true;
    const flow how = this->up_.poll([&](auto&& x) {
      if (open.empty()) open.reserve(std::min<std::size_t>(most, 1024));
      open.push_back(std::forward<decltype(x)>(x));
      if (open.size() == most) on = emit(std::exchange(open, {}));
      return on;
    });
    if (how == flow::ended && !open.empty()) return static_cast<void>(emit(std::move(open))), flow::more;
    open_.restore(std::move(open));
    return how;
  }

  open_batch<value_of<S>> open_;
};

/// What a timed batch's driver and its consumer share. Events: see result_window.hpp.
template <class T>
class timed_batch {
 public:
  explicit timed_batch(const batch_limits& limits, std::chrono::nanoseconds longest) noexcept
      : open_{limits}, longest_{longest} {}

  // The driver's.
  task<> add(T item) {
    const time_point now = co_await current_time();
    while (!try_add(item, now)) co_await taken_.wait();
  }
  void end() noexcept {
    {
      const hold guard{lock_};
      ended_ = true;
    }
    begun_.set();
    complete_.set();
  }

  [[nodiscard]] part_counts counts() {
    const hold guard{lock_};
    return {.capacity = open_.most(), .depth = open_.size(), .peak = peak_, .in = in_, .out = in_ - open_.size()};
  }

  /// The consumer's: the next batch, when it is complete or its time is over; empty at the end.
  task<std::vector<T>> next() {
    while (!has_begun()) co_await begun_.wait();
    bool late = false;
    for (;;) {
      std::vector<T> batch;
      if (take(late, batch)) co_return batch;
      try {
        co_await with_deadline(saturating_add(since_, longest_), complete_.wait());
      } catch (const operation_timed_out&) {
        late = true;
      }
    }
  }

 private:
  bool try_add(T& item, time_point now) {
    bool first = false, complete = false, in = false;
    {
      const hold guard{lock_};
      in = !open_.refuses(item);
      first = in && open_.empty();
      if (first) since_ = now;
      if (in)
        open_.add(std::move(item)), ++in_, peak_ = std::max(peak_, open_.size());
      else
        taken_.reset(), pressed_ = true;
      complete = !in || open_.full();
    }
    if (first) begun_.set();
    if (complete) complete_.set();
    return in;
  }
  bool has_begun() {
    const hold guard{lock_};
    if (!open_.empty() || ended_) return true;
    begun_.reset();
    return false;
  }
  bool take(bool late, std::vector<T>& into) {
    {
      const hold guard{lock_};
      if (!late && !ended_ && !pressed_ && !open_.full()) return complete_.reset(), false;
      into = open_.take();
      if (!std::exchange(pressed_, false)) return true;
    }
    taken_.set();
    return true;
  }

  spin_lock lock_;
  open_batch<T> open_;
  const std::chrono::nanoseconds longest_;
  time_point since_{};    // of the open batch; written while it is empty, when the consumer does not read it
  bool pressed_ = false;  // the driver has an item for the batch after this one
  bool ended_ = false;
  std::uint64_t in_ = 0;
  std::size_t peak_ = 0;
  async_event begun_, complete_, taken_;
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
    list_in_group(to, *this, "batch", shared_->counts());
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
