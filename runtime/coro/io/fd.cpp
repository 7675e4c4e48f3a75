#include <weir/io/fd.hpp>
#include <weir/io/pipe.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "coro/io/write_all.hpp"

namespace weir::inline v0 {

using detail::operation;

fd::fd(int number) {
  const int flags = ::fcntl(number, F_GETFL);
  if (flags < 0 || ((flags & O_NONBLOCK) == 0 && ::fcntl(number, F_SETFL, flags | O_NONBLOCK) < 0))
    throw std::system_error{errno, std::system_category(), "weir: taking over descriptor " + std::to_string(number)};
  try {
    on_ = detail::descriptor_ref{new detail::descriptor{number}};
  } catch (...) {
    ::close(number);  // ours from the call on
    throw;
  }
}

fd& fd::operator=(fd&& other) noexcept {
  if (this != &other) {
    close();
    on_ = std::move(other.on_);
  }
  return *this;
}

void fd::close() noexcept {
  if (!on_) return;
  on_->close();
  on_ = {};
}

detail::poll_awaiter fd::wait_readable() const noexcept {
  return {operation::kind::poll_in, "wait for input", on_, nullptr, 0};
}

detail::poll_awaiter fd::wait_writable() const noexcept {
  return {operation::kind::poll_out, "wait for output", on_, nullptr, 0};
}

detail::transfer_awaiter fd::read_some(std::span<std::byte> bytes) const noexcept {
  return {operation::kind::read, "read", on_, bytes.data(), bytes.size()};
}

detail::transfer_awaiter fd::write_some(std::span<const std::byte> bytes) const noexcept {
  return {operation::kind::write, "write", on_, const_cast<std::byte*>(bytes.data()), bytes.size()};
}

void detail::foreign_poll_awaiter::await_resume() {
  const int number = op().fd;
  if (const std::int64_t n = finish(); n < 0)
    throw std::system_error{static_cast<int>(-n), std::system_category(),
                            "weir: waiting for descriptor " + std::to_string(number)};
}

task<void> pipe_writer::write_all(std::span<const std::byte> bytes) const {
  return detail::write_all(operation::kind::write, "write", end_.share(), bytes);
}

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0)
    throw std::system_error{errno, std::system_category(), "weir: making a pipe"};
  return {pipe_reader{fd{ends[0]}}, pipe_writer{fd{ends[1]}}};
}

}  // namespace weir::inline v0
