// weir/testing/memory_io.hpp - pipes and connections in memory, in virtual time.               [floor: roof]
//
//   auto [reader, writer] = testing::make_pipe(rt, {.latency = 20ms, .bytes_per_second = 1_MiB});
//   auto [client, server] = testing::make_connection(rt, {.latency = 20ms});
//
// They read and write like pipe_reader, pipe_writer and stream_socket (io/pipe.hpp, io/stream.hpp), so a template over
// its streams runs on both: read_some, write_some, write_all, shutdown_send, close; as_result() of each operation.
//
// Time        A byte arrives `latency` after it has left; bytes leave one after the other at the given rate. The end of
//             a stream travels like a byte. Closing the reading side is seen by the writer one latency later.
// Backpressure  at most `capacity` bytes are under way or unread; a write that finds no room waits until some are read.
// Results     as of the real ones: short reads and writes are results; 0 bytes read: the writer has closed; EPIPE: no
//             reader is left; operation_cancelled for an operation whose own end is closed, or whose task is stopped.
//             A result that is there wins. One operation per direction at a time; a second one is EBUSY.
// Threads     the manual_runtime's only. The ends may outlive it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include <weir/detail/parked.hpp>
#include <weir/io/result.hpp>
#include <weir/testing.hpp>

namespace weir::inline v0 {

namespace detail {

class memory_link;  // one direction; runtime/roof/memory_link.hpp

/// A read or write: lives in the awaiting frame.
class memory_transfer : private parked_task {
 public:
  using weir_awaitable = void;
  memory_transfer(std::shared_ptr<memory_link> on, std::span<std::byte> into) noexcept;
  memory_transfer(std::shared_ptr<memory_link> on, std::span<const std::byte> from) noexcept;
  /// Requires  other has not been awaited.
  memory_transfer(memory_transfer&& other) noexcept;

  bool await_ready() noexcept { return try_now(); }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    begin(h.promise());
  }
  std::size_t await_resume();
  weir::result<std::size_t> await_result();

 private:
  friend class memory_link;
  [[nodiscard]] bool try_now() noexcept;
  void begin(promise_base& task) noexcept;
  void finish(std::int64_t outcome) noexcept;
  static void withdraw(parked_task& t) noexcept;
  [[nodiscard]] const char* doing() const noexcept { return reads_ ? "read memory" : "write memory"; }

  std::shared_ptr<memory_link> on_;
  std::span<std::byte> into_;
  std::span<const std::byte> from_;
  bool reads_;
  std::int64_t outcome_ = 0;  ///< bytes or a negated errno
};

task<void> write_all_to(std::shared_ptr<memory_link> on, std::span<const std::byte> bytes);

/// One end's half of a direction.
class memory_end {
 public:
  memory_end() noexcept = default;
  memory_end(std::shared_ptr<memory_link> on, bool reads) noexcept : on_{std::move(on)}, reads_{reads} {}
  memory_end(memory_end&& other) noexcept = default;
  memory_end& operator=(memory_end&& other) noexcept;
  ~memory_end() { close(); }
  void close() noexcept;
  explicit operator bool() const noexcept { return on_ != nullptr; }

  [[nodiscard]] memory_transfer read_some(std::span<std::byte> bytes) const noexcept { return {on_, bytes}; }
  [[nodiscard]] memory_transfer write_some(std::span<const std::byte> bytes) const noexcept { return {on_, bytes}; }
  [[nodiscard]] task<void> write_all(std::span<const std::byte> bytes) const { return write_all_to(on_, bytes); }

 private:
  std::shared_ptr<memory_link> on_;
  bool reads_ = false;
};

}  // namespace detail

namespace testing {

struct link_options {
  std::chrono::nanoseconds latency{};
  std::uint64_t bytes_per_second = std::numeric_limits<std::uint64_t>::max();  ///< max: all at once
  std::size_t capacity = 64 * 1024;                                            ///< bytes; at least 1
};

/// As weir::pipe_reader.
class memory_reader {
 public:
  memory_reader() noexcept = default;
  explicit memory_reader(detail::memory_end end) noexcept : end_{std::move(end)} {}
  [[nodiscard]] auto read_some(std::span<std::byte> bytes) const noexcept { return end_.read_some(bytes); }
  void close() noexcept { end_.close(); }

 private:
  detail::memory_end end_;
};

/// As weir::pipe_writer.
class memory_writer {
 public:
  memory_writer() noexcept = default;
  explicit memory_writer(detail::memory_end end) noexcept : end_{std::move(end)} {}
  [[nodiscard]] auto write_some(std::span<const std::byte> bytes) const noexcept { return end_.write_some(bytes); }
  [[nodiscard]] task<void> write_all(std::span<const std::byte> bytes) const { return end_.write_all(bytes); }
  void close() noexcept { end_.close(); }

 private:
  detail::memory_end end_;
};

/// As weir::tcp_stream, as far as bytes go.
class memory_stream {
 public:
  memory_stream() noexcept = default;
  memory_stream(detail::memory_end in, detail::memory_end out) noexcept : in_{std::move(in)}, out_{std::move(out)} {}
  [[nodiscard]] auto read_some(std::span<std::byte> bytes) const noexcept { return in_.read_some(bytes); }
  [[nodiscard]] auto write_some(std::span<const std::byte> bytes) const noexcept { return out_.write_some(bytes); }
  [[nodiscard]] task<void> write_all(std::span<const std::byte> bytes) const { return out_.write_all(bytes); }
  /// Ends our side; the peer reads 0 after the last byte.
  void shutdown_send() noexcept { out_.close(); }
  void close() noexcept {
    in_.close();
    out_.close();
  }
  explicit operator bool() const noexcept { return static_cast<bool>(in_) || static_cast<bool>(out_); }

 private:
  detail::memory_end in_, out_;
};

struct memory_pipe {
  memory_reader reader;
  memory_writer writer;
};
struct memory_connection {
  memory_stream client, server;
};

/// Errors  std::invalid_argument: capacity or bytes_per_second is 0, latency negative
[[nodiscard]] memory_pipe make_pipe(manual_runtime& rt, const link_options& options = {});
/// Two pipes, one each way, with the same options.
[[nodiscard]] memory_connection make_connection(manual_runtime& rt, const link_options& options = {});

}  // namespace testing
}  // namespace weir::inline v0
