// weir/push_source.hpp - from callbacks that never wait to tasks that do: from_push.               [floor: flow]
//
//   auto [in, out] = from_push<tick>(1024, overflow::drop_oldest, {.name = "ticks"});
//   feed.on_tick([in](tick t) { in.push(std::move(t)); });          // any thread; never waits, never runs a task
//   while (auto t = co_await out.receive()) use(*t);                // ends when the last push_end is gone
//
// A source that pushes cannot be made to wait, so what happens when nobody keeps up has to be said: the policy has no
// default, and overflow::block is refused. The rest is a channel: exact capacity, order, counts (channel.hpp), and its
// ends (channel_ends.hpp).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include <weir/channel_ends.hpp>

namespace weir::inline v0 {

enum class pushed : unsigned {
  accepted,  ///< taken: delivered, or discarded by the policy and counted (channel_stats::discarded)
  full,      ///< overflow::fail and no room: not taken, counted (receiving_end::refused())
  closed,    ///< nobody receives any more: not taken; the source may stop
};

template <class T>
struct push_ends;

/// Copies are further ends of the same source. push and close: any thread, several at once.
template <class T>
class push_end {
 public:
  /// Moves from `value` only if it is accepted. Never waits.
  /// Errors   std::invalid_argument if value is over the byte limit
  pushed push(T&& value) const {
    auto& of = *end_.of_;
    if (of.ch.try_send(std::move(value))) return pushed::accepted;
    if (of.ch.closed()) return pushed::closed;
    of.refused.fetch_add(1, std::memory_order_relaxed);
    return pushed::full;
  }
  pushed push(const T& value) const
    requires std::copy_constructible<T>
  {
    T copy{value};
    return push(std::move(copy));
  }

  /// The source has ended, with an error if there is one: receivers drain the buffer, then get it.
  void close(std::exception_ptr error = nullptr) const noexcept { end_.of_->ch.close(std::move(error)); }

  [[nodiscard]] channel_stats stats() const noexcept { return end_.stats(); }

 private:
  template <class U>
  friend push_ends<U> from_push(std::size_t, overflow, channel_options, channel_hooks<U>);
  explicit push_end(sending_end<T> end) noexcept : end_{std::move(end)} {}

  sending_end<T> end_;
};

template <class T>
struct push_ends {
  push_end<T> in;
  receiving_end<T> out;
};

/// `policy` is what becomes of a value that finds `capacity` others; it replaces options.on_full.
/// Errors   std::invalid_argument: overflow::block; as channel<T>'s constructor
template <class T>
[[nodiscard]] push_ends<T> from_push(std::size_t capacity, overflow policy, channel_options options = {},
                                     channel_hooks<T> hooks = {}) {
  if (policy == overflow::block)
    throw std::invalid_argument{std::string{"weir::from_push '"} + options.name + "': who pushes cannot wait"};
  options.on_full = policy;
  auto ends = make_channel<T>(capacity, options, std::move(hooks));
  return {push_end<T>{std::move(ends.in)}, std::move(ends.out)};
}

}  // namespace weir::inline v0
