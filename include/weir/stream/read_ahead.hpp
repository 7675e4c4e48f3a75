// weir/stream/read_ahead.hpp - operators that fetch beside the consumer: read_ahead, merge.        [floor: flow]
//
//   from(file) | read_ahead(1) | for_each(par{1}, write)       // reads the next one while this one is written
//   merge(feed_a, feed_b) | for_each(...)                      // whoever has something, in turn
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#include <weir/detail/end_count.hpp>
#include <weir/detail/handover.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

namespace detail {

template <class S>
class read_ahead_stage : public handover<value_of<S>> {
  using base = handover<value_of<S>>;

 public:
  static constexpr std::size_t drivers = S::drivers + 1;
  read_ahead_stage(S&& up, std::size_t n) : base{n, "read_ahead"}, up_(std::move(up)) {}
  task<> start(task_group& group) {
    if constexpr (S::drivers != 0) co_await up_.start(group);
    co_await group.spawn(drive(), "read_ahead");
  }
  void list(listing& to) {
    list_part(up_, to);
    this->list_as_queue(to, {&this->items(), [](void* items, std::size_t n) {
                               static_cast<channel<value_of<S>>*>(items)->set_capacity(n);
                             }});
  }

 private:
  task<> drive() {
    co_await hand_over(up_, this->items());
    this->items().close();
  }
  S up_;
};

class read_ahead_op {
 public:
  explicit read_ahead_op(std::size_t n) noexcept : n_{n} {}
  template <class S>
  auto attach(S up) && {
    return read_ahead_stage<S>{std::move(up), n_};
  }

 private:
  std::size_t n_;
};

template <class T, class... S>
class merge_stage : public handover<T> {
 public:
  static constexpr std::size_t drivers = (S::drivers + ... + sizeof...(S));
  explicit merge_stage(S&&... up) : handover<T>{0, "merge"}, up_(std::move(up)...) {}
  task<> start(task_group& group) { return start_all(group, std::index_sequence_for<S...>{}); }
  void list(listing& to) {
    std::apply([&to](S&... one) { (list_part(one, to), ...); }, up_);
    this->list_as_queue(to);
  }

 private:
  template <std::size_t... I>
  task<> start_all(task_group& group, std::index_sequence<I...>) {
    (co_await start_one(group, std::get<I>(up_)), ...);
  }
  template <class Up>
  task<> start_one(task_group& group, Up& up) {
    if constexpr (Up::drivers != 0) co_await up.start(group);
    co_await group.spawn(drive(up), "merge");
  }
  template <class Up>
  task<> drive(Up& up) {
    while (std::optional<value_of<Up>> x = co_await next_of(up)) co_await this->items().send(T(std::move(*x)));
    if (open_->drop()) this->items().close();
  }

  std::tuple<S...> up_;
  std::unique_ptr<end_count> open_ = std::make_unique<end_count>(static_cast<std::uint32_t>(sizeof...(S)));
};

}  // namespace detail

/// Fetches up to n items before they are asked for, in a task of its own; the order stays.
/// Emits what is there. Backpressures: n items that nobody has taken stop it, the one being fetched included. Ends with
/// what is before it. Errors  std::invalid_argument if n is 0.  Allocates  a channel of n.
[[nodiscard]] inline auto read_ahead(std::size_t n) {
  if (n == 0) throw std::invalid_argument{"weir::read_ahead: n must be at least 1"};
  return detail::read_ahead_op{n};
}

/// All items of all streams, as they come, each stream's in its order; where several have some, in turn (they stand in
/// one line). Each stream has one item fetched or being fetched at most. Ends when all have; the failure of one ends
/// all. Requires  the same value_type.
template <class... S>
  requires(sizeof...(S) > 1)
[[nodiscard]] auto merge(stream<S>... streams) {
  using item = std::common_type_t<detail::value_of<S>...>;
  return stream{detail::merge_stage<item, S...>{std::move(streams).take_stage()...}};
}

}  // namespace weir::inline v0
