// weir/channel_ends.hpp - a channel owned by its ends: who goes away last closes it.               [floor: flow]
//
//   auto [in, out] = make_channel<page>(64, {.name = "pages"});
//   co_await g.spawn(feed(std::move(in), crawl));            // crawl(sending_end<page>&) -> task<>
//   while (auto p = co_await out.receive()) use(*p);         // ends when crawl has ended, throws what crawl threw
//
//   last sending_end gone     close(): receivers drain the buffer, then end
//   last receiving_end gone   abort(): what is buffered goes to on_undelivered, senders get channel_closed
//   a failure of feed()       close(that exception), at once, whoever else sends
//
// Ends        Copies are further ends; copying and destroying: any thread. An end outlives the awaits made through it.
// Unwinding   An end that is destroyed because an exception passes through its scope closes with sender_failed: what
//             was sent so far shall not look complete. C++ shows a destructor that it is unwound, not by what; the
//             exception itself arrives through feed(). A coroutine's parameters are destroyed after its exception was
//             caught and look like a good end: give an end to a task through feed(), or move it into a local first.
// Allocates   one block for the channel and its counts, beside what channel<T> allocates.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <weir/channel.hpp>
#include <weir/detail/end_count.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

/// A sending_end was destroyed by an exception.
class sender_failed : public error {
 public:
  using error::error;
};

namespace detail {

template <class T>
struct ended_channel {
  ended_channel(std::size_t capacity, const channel_options& options, channel_hooks<T> hooks)
      : ch{capacity, options, std::move(hooks)} {}
  channel<T> ch;
  end_count senders, receivers;
  std::atomic<std::uint64_t> refused{0};  ///< pushes without room (push_source.hpp); statistics: relaxed
};

[[nodiscard]] std::exception_ptr sender_unwound(const char* channel_name) noexcept;

}  // namespace detail

template <class T>
struct channel_ends;

/// Sends into its channel; empty after being moved from.
template <class T>
class sending_end {
 public:
  sending_end(const sending_end& other) noexcept : of_{other.of_} {
    if (of_) of_->senders.add();
  }
  sending_end(sending_end&& other) noexcept : of_{std::move(other.of_)} {}
  sending_end& operator=(sending_end other) noexcept {
    std::swap(of_, other.of_);
    return *this;
  }
  ~sending_end() {
    if (!of_) return;
    if (std::uncaught_exceptions() > unwinding_) of_->ch.close(detail::sender_unwound(of_->ch.name()));
    if (of_->senders.drop()) of_->ch.close();
  }

  // As channel<T>'s. Require  not moved from.
  auto send(T&& value) noexcept { return of_->ch.send(std::move(value)); }
  auto send(const T& value) noexcept
    requires std::copy_constructible<T>
  {
    return of_->ch.send(value);
  }
  auto send_many(std::span<T> values) noexcept { return of_->ch.send_many(values); }
  auto reserve(std::size_t n = 1, std::size_t bytes = 0) { return of_->ch.reserve(n, bytes); }
  [[nodiscard]] bool try_send(T&& value) { return of_->ch.try_send(std::move(value)); }
  void send_blocking(T&& value, typename channel<T>::time_point until = channel<T>::time_point::max()) {
    of_->ch.send_blocking(std::move(value), until);
  }
  /// Ends the channel for all senders, with an error if there is one. The first close decides.
  void close(std::exception_ptr error = nullptr) noexcept { of_->ch.close(std::move(error)); }

  /// False: nobody will take what is sent.
  [[nodiscard]] bool open() const noexcept { return of_ && !of_->ch.closed(); }
  [[nodiscard]] channel_stats stats() const noexcept { return of_->ch.stats(); }
  [[nodiscard]] const char* name() const noexcept { return of_->ch.name(); }

 private:
  template <class U>
  friend channel_ends<U> make_channel(std::size_t, const channel_options&, channel_hooks<U>);
  template <class U>
  friend class push_end;
  explicit sending_end(std::shared_ptr<detail::ended_channel<T>> of) noexcept : of_{std::move(of)} {}

  std::shared_ptr<detail::ended_channel<T>> of_;
  const int unwinding_ = std::uncaught_exceptions();  ///< exceptions on their way when this end was made
};

/// Receives from its channel; empty after being moved from.
template <class T>
class receiving_end {
 public:
  receiving_end(const receiving_end& other) noexcept : of_{other.of_} {
    if (of_) of_->receivers.add();
  }
  receiving_end(receiving_end&& other) noexcept = default;
  receiving_end& operator=(receiving_end other) noexcept {
    std::swap(of_, other.of_);
    return *this;
  }
  ~receiving_end() {
    if (of_ && of_->receivers.drop()) of_->ch.abort();
  }

  // As channel<T>'s. Require  not moved from.
  auto receive() noexcept { return of_->ch.receive(); }
  auto receive_many(std::vector<T>& into, std::size_t n) noexcept { return of_->ch.receive_many(into, n); }
  [[nodiscard]] std::optional<T> try_receive() { return of_->ch.try_receive(); }
  [[nodiscard]] std::optional<T> receive_blocking(
      typename channel<T>::time_point until = channel<T>::time_point::max()) {
    return of_->ch.receive_blocking(until);
  }
  /// Discards what is buffered and refuses what comes, for all receivers.
  void abort() noexcept { of_->ch.abort(); }
  void set_capacity(std::size_t capacity) { of_->ch.set_capacity(capacity); }

  [[nodiscard]] bool ended() const noexcept { return !of_ || of_->ch.ended(); }
  [[nodiscard]] channel_stats stats() const noexcept { return of_->ch.stats(); }
  [[nodiscard]] const char* name() const noexcept { return of_->ch.name(); }
  /// Values that push_end::push() gave back for want of room.
  [[nodiscard]] std::uint64_t refused() const noexcept { return of_->refused.load(std::memory_order_relaxed); }

 private:
  template <class U>
  friend channel_ends<U> make_channel(std::size_t, const channel_options&, channel_hooks<U>);
  explicit receiving_end(std::shared_ptr<detail::ended_channel<T>> of) noexcept : of_{std::move(of)} {}

  std::shared_ptr<detail::ended_channel<T>> of_;
};

template <class T>
struct channel_ends {
  sending_end<T> in;
  receiving_end<T> out;
};

/// A channel and its first two ends.      Errors  as channel<T>'s constructor
template <class T>
[[nodiscard]] channel_ends<T> make_channel(std::size_t capacity, const channel_options& options = {},
                                           channel_hooks<T> hooks = {}) {
  auto made = std::make_shared<detail::ended_channel<T>>(capacity, options, std::move(hooks));
  return {sending_end<T>{made}, receiving_end<T>{std::move(made)}};
}

/// Runs fn(end) -> task<> and lets the end go when it has ended. What fn throws closes the channel, so that receivers
/// get it after the buffer, and is thrown on; a cancellation too.
template <class T, std::invocable<sending_end<T>&> F>
task<> feed(sending_end<T> end, F fn) {
  sending_end<T> to = std::move(end);  // gone with this scope, before whoever awaits goes on
  try {
    co_await std::invoke(fn, to);
  } catch (...) {
    to.close(std::current_exception());
    throw;
  }
}

}  // namespace weir::inline v0
