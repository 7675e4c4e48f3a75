// weir/io/pipe.hpp - pipes, and any other descriptor that is read and written as bytes.         [floor: coro]
#pragma once

#include <weir/io/fd.hpp>

namespace weir::inline v0 {

/// The reading end of a pipe, FIFO or terminal. Rules, errors and cost: io/fd.hpp.
class pipe_reader {
 public:
  pipe_reader() noexcept = default;
  explicit pipe_reader(fd end) noexcept : end_{std::move(end)} {}

  /// At most bytes.size() bytes, at least one, or 0 when no writer is left.
  [[nodiscard]] detail::transfer_awaiter read_some(std::span<std::byte> bytes) const noexcept {
    return end_.read_some(bytes);
  }
  void close() noexcept { end_.close(); }
  [[nodiscard]] const fd& descriptor() const noexcept { return end_; }

 private:
  fd end_;
};

/// The writing end. Writing without a reader is EPIPE, never a signal.
class pipe_writer {
 public:
  pipe_writer() noexcept = default;
  explicit pipe_writer(fd end) noexcept : end_{std::move(end)} {}

  /// At least one byte of these; how many.
  [[nodiscard]] detail::transfer_awaiter write_some(std::span<const std::byte> bytes) const noexcept {
    return end_.write_some(bytes);
  }
  /// All of them. The bytes must stay alive. Cost: one task frame.
  [[nodiscard]] task<void> write_all(std::span<const std::byte> bytes) const;
  void close() noexcept { end_.close(); }
  [[nodiscard]] const fd& descriptor() const noexcept { return end_; }

 private:
  fd end_;
};

struct pipe_ends {
  pipe_reader reader;
  pipe_writer writer;
};

/// A new pipe. Errors: std::system_error.
[[nodiscard]] pipe_ends make_pipe();

}  // namespace weir::inline v0
