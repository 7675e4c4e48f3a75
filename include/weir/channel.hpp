// weir/channel.hpp - a bounded channel between tasks, and between threads and tasks.              [floor: flow]
//
//   channel<page> ch{64, {.name = "pages"}};
//   co_await ch.send(std::move(p));                          // waits while 64 are buffered; closed: throws, p stays
//   while (auto p = co_await ch.receive()) use(*p);          // an empty optional: closed and drained
//   ch.close();                                              // receivers drain what is buffered, then end
//
// Capacity     exact, in items; optionally also in bytes and in age. 0: a rendezvous, the value goes from hand to hand.
// Values       what is not accepted stays with the sender: send() moves from its argument only when it succeeds,
//              whatever else happens (closed, stopped, full). What was accepted and never delivered goes to
//              on_undelivered, once.
// Order        first in, first out, over all senders; who waits is served in turn, and nobody slips in between
//              (try_send and try_receive fail while others wait).
// Cancellation delivery wins: an item that was handed over is returned although a stop came meanwhile; a stop shows at
//              the next await. A stop requested before the await wins even if it could go on at once.
// Threads      everything from any thread. The channel outlives whoever waits on it: anything else terminates.
// Allocates    storage for up to 64 KiB of items at construction, more by doubling as items come; nothing per item and
//              nothing per waiter, which lives in the awaiting frame.
// User code    hooks run without a lock held and may use the channel. T's move constructor, which must be noexcept,
//              runs under the channel's short lock and must not.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weir/detail/channel_core.hpp>
#include <weir/detail/listed.hpp>
#include <weir/detail/parked.hpp>
#include <weir/detail/patient_lock.hpp>
#include <weir/detail/request.hpp>
#include <weir/error.hpp>
#include <weir/runtime_handle.hpp>

namespace weir::inline v0 {

/// send() on a channel that was closed or aborted. The value was not taken.
class channel_closed : public error {
 public:
  using error::error;
};

/// send() under overflow::fail while there is no room. The value was not taken.
class channel_full : public error {
 public:
  using error::error;
};

/// What an item counts against channel_options::bytes. Overload it beside your type; found by argument lookup.
template <class T>
[[nodiscard]] std::size_t item_bytes(const T& item) noexcept {
  if constexpr (requires { item.size() * sizeof(typename T::value_type); })
    return sizeof(T) + item.size() * sizeof(typename T::value_type);
  else
    return sizeof(T);
}

struct channel_options {
  const char* name = "channel";  ///< static; for stats and messages
  overflow on_full = overflow::block;
  std::size_t bytes = std::numeric_limits<std::size_t>::max();     ///< of all that is buffered and reserved
  std::chrono::nanoseconds age = std::chrono::nanoseconds::max();  ///< block: no admission while the oldest item is
                                                                   ///< older. Otherwise: older items are discarded
  std::optional<runtime_handle> clock = {};                        ///< for age
  std::size_t high = std::numeric_limits<std::size_t>::max();      ///< watermarks, in items; default: capacity ...
  std::size_t low = std::numeric_limits<std::size_t>::max();       ///< ... and half of it
};

/// Called without a lock held, on the thread whose step caused it; must not throw; may use the channel.
template <class T>
struct channel_hooks {
  std::function<void(T&&)> on_undelivered = {};  ///< accepted, and discarded: dropped, expired, aborted, left behind
  std::function<void()> on_high = {};            ///< the buffer has reached `high`, for the first time since on_low
  std::function<void()> on_low = {};             ///< it has sunk to `low` after that; the two alternate, one at a time
};

struct channel_stats {
  const char* name;
  std::size_t capacity, length, reserved, peak, bytes;
  std::size_t waiting_senders, waiting_receivers;
  std::uint64_t accepted, received, discarded;  ///< accepted = received + discarded + length
  std::uint64_t senders_blocked_ns, receivers_blocked_ns;
  std::uint64_t oldest_ns;  ///< age of the oldest item, where an age limit is set
  bool closed;
};

namespace detail {
template <class T>
class send_wait;
template <class T>
class receive_wait;
template <class T>
class send_awaiter;
template <class T>
class send_copy_awaiter;
template <class T>
class send_many_awaiter;
template <class T>
class reserve_awaiter;
template <class T>
class receive_awaiter;
template <class T>
class receive_many_awaiter;
template <class T>
class blocked_sender;
template <class T>
class blocked_receiver;
}  // namespace detail

template <class T>
class slots;

namespace detail {
struct unlisted {};
void list_channel(listing& to, const channel_stats& now, overflow on_full, lever by);
}  // namespace detail

template <class T>
class channel {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Errors  std::invalid_argument: capacity 0 with a policy that drops or with an age; bytes 0; age not positive or
  ///         without a clock; low above high
  explicit channel(std::size_t capacity, const channel_options& options = {}, channel_hooks<T> hooks = {})
      : channel{&list, capacity, options, std::move(hooks)} {}
  /// Part of something that lists it.
  channel(detail::unlisted, std::size_t capacity, const channel_options& options)
      : channel{nullptr, capacity, options, {}} {}
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;
  /// What is still buffered is discarded (on_undelivered). Requires  nobody waits and no slot is out.
  ~channel();

  /// `co_await ch.send(v)`: completes when v is accepted; waits while there is no room (overflow::block).
  /// Errors   channel_closed; channel_full; std::invalid_argument if v is over the byte limit; operation_cancelled.
  ///          After each of them v is as it was
  auto send(T&& value) noexcept { return detail::request<detail::send_awaiter<T>, channel*, T*>{this, &value}; }
  auto send(const T& value) noexcept
    requires std::copy_constructible<T>
  {
    return detail::request<detail::send_copy_awaiter<T>, channel*, const T*>{this, &value};
  }

  /// `co_await ch.send_many(span)`: as many sends in a row as needed, in order. Result: how many were accepted; fewer
  /// than all only if the channel was closed, was full under overflow::fail, or the task was stopped. The rest is
  /// intact. Errors   std::invalid_argument if an item is over the byte limit (none is taken then)
  auto send_many(std::span<T> values) noexcept {
    return detail::request<detail::send_many_awaiter<T>, channel*, std::span<T>>{this, values};
  }

  /// `co_await ch.reserve(n)`: n slots that are kept free for the caller; waits like a sender, under every policy.
  /// `bytes` are reserved with them, for all together. Capacity 0: waits for n receivers.
  /// Errors   channel_closed; std::invalid_argument (n is 0 or above the capacity); operation_cancelled
  auto reserve(std::size_t n = 1, std::size_t bytes = 0) {
    if (n == 0) throw std::invalid_argument{"weir::channel: n must be at least 1"};
    return detail::request<detail::reserve_awaiter<T>, channel*, std::size_t, std::size_t>{this, n, bytes};
  }

  /// True: accepted. False: no room, others wait, or closed; value is as it was. Never waits. Errors  as send()
  [[nodiscard]] bool try_send(T&& value);
  [[nodiscard]] bool try_send(const T& value)
    requires std::copy_constructible<T>
  {
    T copy{value};
    return try_send(std::move(copy));
  }

  /// `co_await ch.receive()`: the next item, or none when the channel is closed and drained (buffer and slots).
  /// Errors   the error given to close(), after the buffer; operation_cancelled
  auto receive() noexcept { return detail::request<detail::receive_awaiter<T>, channel*>{this}; }

  /// `co_await ch.receive_many(into, n)`: waits for one item, then appends what is there, at most n. Result: how many;
  /// 0 only if n is 0, or closed and drained.      Errors  as receive()      Allocates  only to make room in `into`
  auto receive_many(std::vector<T>& into, std::size_t n) noexcept {
    return detail::request<detail::receive_many_awaiter<T>, channel*, std::vector<T>*, std::size_t>{this, &into, n};
  }

  /// The next item if there is one. Never waits.   Errors  the error given to close(), after the buffer
  [[nodiscard]] std::optional<T> try_receive();

  /// send() and receive() for plain threads: they block, at most until `until` of the steady clock.
  /// Errors   as above; operation_timed_out; would_deadlock on a runtime's own threads
  void send_blocking(T&& value, time_point until = time_point::max());
  [[nodiscard]] std::optional<T> receive_blocking(time_point until = time_point::max());

  /// No more sends; receivers drain what is buffered, and what is sent through slots that are out, then end, or get
  /// `error`. Whoever waits to send gets channel_closed. The first call decides; any thread, any number of times.
  void close(std::exception_ptr error = nullptr) noexcept {
    note(detail::event::queue_close);
    core_->close(std::move(error));
  }
  /// As close(), but what is buffered is discarded and receivers end at once.
  void abort() noexcept;

  /// From now on. Lower: nothing is lost, nobody is admitted until the buffer has sunk below it.
  /// Errors   std::invalid_argument if either capacity is 0
  void set_capacity(std::size_t capacity);

  [[nodiscard]] std::size_t size() const noexcept { return core_->read().length; }
  [[nodiscard]] bool closed() const noexcept { return core_->read().closed; }
  /// Closed and drained: no receive will bring an item.
  [[nodiscard]] bool ended() const noexcept { return core_->read().ended; }
  [[nodiscard]] channel_stats stats() const noexcept;
  [[nodiscard]] const char* name() const noexcept { return options_.name; }

 private:
  channel(detail::listed::visit_fn visit, std::size_t capacity, const channel_options& options, channel_hooks<T> hooks);
  static void list(void* what, detail::listing& to);

  using core = detail::channel_core<T, detail::patient_lock>;
  using sender = typename core::sender;
  using receiver = typename core::receiver;
  using aftermath = typename core::aftermath;
  friend class detail::send_wait<T>;
  friend class detail::receive_wait<T>;
  friend class detail::blocked_sender<T>;
  friend class detail::blocked_receiver<T>;
  friend class slots<T>;

  template <class MayWait>
  detail::passage offer(sender& s, MayWait&& may_wait);
  template <class MayWait>
  detail::passage fetch(receiver& r, MayWait&& may_wait) noexcept;
  std::size_t fetch_many(std::vector<T>& into, std::size_t n);

  [[nodiscard]] std::size_t weigh(const T& value) const noexcept {
    return core_->byte_limit() == core::unlimited ? 0 : item_bytes(value);
  }
  [[nodiscard]] time_point now() const noexcept { return aging_ ? options_.clock->now() : time_point::min(); }
  void expire(time_point at) noexcept;
  void settle(aftermath& out) noexcept {
    if (out.discarded) discard(std::move(*out.discarded));
    if (out.crossed) tell_watermarks();
  }
  void discard(T&& value) noexcept {
    if (hooks_.on_undelivered) hooks_.on_undelivered(std::move(value));
  }
  void tell_watermarks() noexcept;
  /// For traces. n: items that moved.
  void note(detail::event what, std::size_t n = 0, unsigned flags = 0) const noexcept {
    if (detail::traced(what)) [[unlikely]]
      detail::trace_queue(what, this, n, core_->read().length, flags, options_.name);
  }
  [[noreturn]] void refuse(detail::passage why) const;
  /// Nothing, or throws the error of close().
  std::optional<T> at_end() const;

  const channel_options options_;
  const channel_hooks<T> hooks_;
  const bool aging_;
  const std::unique_ptr<core> core_;  ///< apart: aligned to its cache lines, which a coroutine frame does not do
  std::atomic<std::uint64_t> senders_blocked_{0};  // ns; statistics: relaxed, order nothing
  std::atomic<std::uint64_t> receivers_blocked_{0};
  const detail::listed entry_;
};

/// Slots of a channel that are kept for whoever holds this. Move-only; what is not used goes back at the end.
template <class T>
class [[nodiscard]] slots {
 public:
  slots() noexcept = default;
  slots(slots&& other) noexcept
      : of_{std::exchange(other.of_, nullptr)},
        left_{std::exchange(other.left_, 0)},
        bytes_{std::exchange(other.bytes_, 0)} {}
  slots& operator=(slots&& other) noexcept {
    slots{std::move(other)}.swap(*this);
    return *this;
  }
  ~slots() { release(); }

  /// Sends into one of them: always succeeds, never waits; on an aborted channel the value is discarded at once.
  /// Requires  left() != 0.   Errors  std::invalid_argument if value is over the bytes that are left
  void send(T&& value);
  /// Gives back what is left.
  void release() noexcept {
    if (of_ != nullptr && left_ != 0) of_->core_->drop_reserved(left_, bytes_);
    of_ = nullptr, left_ = 0, bytes_ = 0;
  }
  [[nodiscard]] std::size_t left() const noexcept { return left_; }
  void swap(slots& other) noexcept {
    std::swap(of_, other.of_), std::swap(left_, other.left_), std::swap(bytes_, other.bytes_);
  }

 private:
  friend class detail::reserve_awaiter<T>;
  slots(channel<T>& of, std::size_t n, std::size_t bytes) noexcept : of_{&of}, left_{n}, bytes_{bytes} {}

  channel<T>* of_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace weir::inline v0

#include <weir/detail/channel_awaiters.hpp>
#include <weir/detail/channel_impl.hpp>
