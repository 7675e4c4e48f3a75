// weir/stream/from.hpp - where streams begin: a range, calls, a channel, a producer.              [floor: flow]
//
// Every source emits when it is polled and at no other time. Backpressure is not being polled.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <weir/channel.hpp>
#include <weir/channel_ends.hpp>
#include <weir/future.hpp>
#include <weir/stream/stream.hpp>

namespace weir::inline v0 {

namespace detail {

template <class T>
inline constexpr bool is_started = false;
template <class T>
inline constexpr bool is_started<future<T>> = true;
template <class T>
inline constexpr bool is_started<shared_future<T>> = true;
template <class T>
inline constexpr bool is_started<join_handle<T>> = true;

/// Where a range has got to. Made at the first poll, when the range does not move any more. It goes on to
/// the next element when that is wanted, not before: to get there may mean to read, or to search.
template <class R>
class range_walk {
 public:
  [[nodiscard]] bool begun() const noexcept { return at_.has_value(); }
  void begin(R& range) {
    at_.emplace(std::ranges::begin(range));
    end_.emplace(std::ranges::end(range));
  }
  /// Item: what the elements are emitted as. The loops work on a copy of the iterator, which emit() cannot change, and
  /// count where they can: so a compiler sees what it sees in a loop by hand.
  template <class Item, class Emit>
  flow go(Emit&& emit) {
    if constexpr (std::copyable<std::ranges::iterator_t<R>>) {
      auto at = *at_;
      const flow how = steps<Item>(emit, at);
      *at_ = std::move(at);
      return how;
    } else {
      return steps<Item>(emit, *at_);
    }
  }
  void reset() noexcept { at_.reset(), end_.reset(); }

 private:
  template <class Item, class Emit>
  flow steps(Emit& emit, std::ranges::iterator_t<R>& at) {
    const auto& end = *end_;
    if (given_) ++at, given_ = false;
    if constexpr (std::sized_sentinel_for<std::ranges::sentinel_t<R>, std::ranges::iterator_t<R>>) {
      const auto left = end - at;
      for (auto n = left < static_cast<decltype(left)>(emits_per_poll) ? static_cast<std::size_t>(left)
                                                                       : emits_per_poll;
           n != 0; --n, ++at)
        if (!give<Item>(emit, at)) return given_ = true, flow::more;
    } else {
      for (std::size_t n = emits_per_poll; n != 0 && at != end; --n, ++at)
        if (!give<Item>(emit, at)) return given_ = true, flow::more;
    }
    return at == end ? flow::ended : flow::more;
  }
  template <class Item, class Emit>
  static bool give(Emit& emit, const std::ranges::iterator_t<R>& at) {
    if constexpr (std::is_rvalue_reference_v<Item>)
      return emit(std::ranges::iter_move(at));
    else
      return emit(*at);
  }

  std::optional<std::ranges::iterator_t<R>> at_;
  std::optional<std::ranges::sentinel_t<R>> end_;
  bool given_ = false;  ///< the element at at_ has gone out
};

/// Elements of a container that the stream owns are moved out of it.
template <class R>
using range_item = std::conditional_t<std::is_lvalue_reference_v<R> || std::ranges::view<std::remove_cvref_t<R>>,
                                      std::ranges::range_reference_t<R>, std::ranges::range_rvalue_reference_t<R>>;

template <class R>
class range_source : public part {
  static constexpr bool owned = !std::is_lvalue_reference_v<R>;

 public:
  using item = range_item<R>;
  static constexpr std::size_t drivers = 0;

  explicit range_source(R&& range) : range_(keep(range)) {}
  template <class Emit>
  flow poll(Emit&& emit) {
    if (!walk_.begun()) walk_.begin(range());
    return walk_.template go<item>(emit);
  }
  never_idle ready() noexcept { return {}; }
  void list(listing& to) { list_in_loop(to, *this, "from"); }

 private:
  using range_type = std::remove_reference_t<R>;
  static auto keep(range_type& range) {
    if constexpr (owned)
      return std::move(range);
    else
      return &range;
  }
  range_type& range() noexcept {
    if constexpr (owned)
      return range_;
    else
      return *range_;
  }

  std::conditional_t<owned, range_type, range_type*> range_;
  range_walk<range_type> walk_;
};

template <class T, class F>
class unfold_source : public part {
 public:
  using item = T&&;
  static constexpr std::size_t drivers = 0;
  explicit unfold_source(F fn) : fn_(std::move(fn)) {}
  template <class Emit>
  flow poll(Emit&& emit) {
    if (ended_) return flow::ended;
    if (!held_) return flow::idle;
    T out = std::move(*held_);
    held_.reset();
    return emit(std::move(out)) ? flow::idle : flow::more;
  }
  task<> ready() {
    held_ = co_await std::invoke(fn_);
    ended_ = !held_;
  }
  void list(listing& to) { list_in_loop(to, *this, "unfold", 1); }

 private:
  F fn_;
  std::optional<T> held_;
  bool ended_ = false;
};

/// Channel: what gives it, channel<T>* or receiving_end<T>.
template <class T, class Channel>
class channel_source : public part {
 public:
  using item = T&&;
  static constexpr std::size_t drivers = 0;
  explicit channel_source(Channel of) noexcept : from_{std::move(of)} {}
  template <class Emit>
  flow poll(Emit&& emit) {
    for (std::size_t n = emits_per_poll; n != 0; --n) {
      if (!held_ && !ended_) held_ = items().try_receive();
      if (!held_) return ended_ ? flow::ended : flow::idle;
      T out = std::move(*held_);
      held_.reset();
      if (!emit(std::move(out))) break;
    }
    return flow::more;
  }
  task<> ready() {
    held_ = co_await items().receive();
    ended_ = !held_;
  }
  void list(listing& to) { list_in_loop(to, *this, "from", 1, items().name()); }

 private:
  auto& items() noexcept {
    if constexpr (std::is_pointer_v<Channel>)
      return *from_;
    else
      return from_;
  }
  Channel from_;
  std::optional<T> held_;
  bool ended_ = false;
};

}  // namespace detail

/// The elements of a range, in order. An lvalue range is read where it is and must stay as it is meanwhile; an rvalue
/// is moved in and its elements are moved on. Emits when polled. Ends with the range. Allocates nothing. Errors  what
/// its iterators throw
template <std::ranges::input_range R>
[[nodiscard]] auto from(R&& range) {
  static_assert(
      !detail::is_started<std::ranges::range_value_t<R>>,
      "from: these calls have been started, all at once; make them one by one: from(ids) | map_async(f, par{c})");
  return stream{detail::range_source<R>{std::forward<R>(range)}};
}

/// The items of a channel, until it is closed and drained.
/// Emits when polled, waits while the channel is empty. Ends with the channel; its error is thrown. Stops: an item that
/// has been received is emitted or dropped with the stream. Allocates a task frame for each time that it waits.
template <class T>
[[nodiscard]] auto from(channel<T>& items) {
  return stream{detail::channel_source<T, channel<T>*>{&items}};
}

/// The same from an end, which goes with the stream: when that has ended, early or not, and nobody else
/// receives, what is buffered is discarded and senders get channel_closed. Requires  not moved from.
template <class T>
[[nodiscard]] auto from(receiving_end<T> items) {
  return stream{detail::channel_source<T, receiving_end<T>>{std::move(items)}};
}

/// fn() -> task<std::optional<T>>, called again for each item, until it gives none: pages of a cursor, for example.
/// Emits one item per call, and calls only when it is polled: one item is resident.
template <class F>
[[nodiscard]] auto unfold(F fn) {
  using call = std::invoke_result_t<F&>;
  static_assert(detail::is_task<call>, "unfold: the function must return a task<std::optional<T>>");
  using item = typename call::value_type::value_type;
  return stream{detail::unfold_source<item, F>{std::move(fn)}};
}

}  // namespace weir::inline v0
