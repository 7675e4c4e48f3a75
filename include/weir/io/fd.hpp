// weir/io/fd.hpp - descriptors: owned ones, and the seam for those of other libraries.          [floor: coro]
//
// fd owns a non-blocking descriptor; streams, listeners and pipes are made of it. What a foreign library owns is waited
// for by number: `co_await wait_readable(PQsocket(c))`; nothing about such a number is kept between two waits.
//
// One operation per direction at a time: a second read while one is under way has no defined order with it.
// Close       An operation under way when its object is closed or destroyed ends with operation_cancelled; the number
//             is given back to the system only when it has ended, so it can never touch a descriptor that came later.
// Results     short reads and writes are results, not errors; a read of 0 bytes is the end of the stream. EINTR is
//             retried; a peer that is gone is EPIPE or ECONNRESET, never a signal.
// Errors      std::system_error "operation peer: reason"; operation_cancelled; as_result() gives both as values.
// Cost        a transfer that need not wait is one system call on the calling thread; no allocation in any case.
#pragma once

#include <cstddef>
#include <span>

#include <weir/detail/fd_awaiter.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

class fd {
 public:
  fd() noexcept = default;
  /// Takes the number over and makes it non-blocking. Errors: std::system_error (not a descriptor).
  explicit fd(int number);
  fd(fd&&) noexcept = default;
  fd& operator=(fd&& other) noexcept;
  ~fd() { close(); }

  /// -1 when empty or closed. The number stays ours.
  [[nodiscard]] int number() const noexcept { return *this ? on_->number() : -1; }
  explicit operator bool() const noexcept { return on_ && !on_->closed(); }

  /// Cancels what is under way and gives the number up. Idempotent.
  void close() noexcept;

  /// Until a read (a write) would not wait; also at end of stream or on an error. Files: at once.
  [[nodiscard]] detail::poll_awaiter wait_readable() const noexcept;
  [[nodiscard]] detail::poll_awaiter wait_writable() const noexcept;

  /// At most bytes.size() bytes, at least one, or 0 at the end.
  [[nodiscard]] detail::transfer_awaiter read_some(std::span<std::byte> bytes) const noexcept;
  /// At least one byte of these; how many.
  [[nodiscard]] detail::transfer_awaiter write_some(std::span<const std::byte> bytes) const noexcept;

  [[nodiscard]] const detail::descriptor_ref& share() const noexcept { return on_; }

 private:
  detail::descriptor_ref on_;
};

namespace detail {

class foreign_poll_awaiter : public io_awaiter {
 public:
  foreign_poll_awaiter(kind k, int number) noexcept : io_awaiter{k} { op().fd = number; }
  foreign_poll_awaiter(foreign_poll_awaiter&&) noexcept = default;
  void await_resume();
};

}  // namespace detail

/// Until a descriptor that somebody else owns is ready. Requires that it is not closed meanwhile (cancel first).
/// Errors: std::system_error (not a descriptor, no memory to watch it); operation_cancelled.
[[nodiscard]] inline detail::foreign_poll_awaiter wait_readable(int number) noexcept {
  return detail::foreign_poll_awaiter{detail::operation::kind::poll_in, number};
}
[[nodiscard]] inline detail::foreign_poll_awaiter wait_writable(int number) noexcept {
  return detail::foreign_poll_awaiter{detail::operation::kind::poll_out, number};
}

/// Bytes of a string, for the calls above and below.
[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace weir::inline v0
