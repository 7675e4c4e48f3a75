// io/syscalls.hpp - every system call of the io floor, behind one seam.                        [floor: io]
//
// Each function is the call of its name, with two differences: it returns the negated errno instead of -1, and it never
// touches errno. Nothing is retried here. Tests derive from it to fail any call with any errno at its n-th occurrence.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <ctime>

namespace weir::inline v0::io {

class syscalls {
 public:
  syscalls() = default;
  syscalls(const syscalls&) = delete;
  syscalls& operator=(const syscalls&) = delete;
  virtual ~syscalls() = default;

  virtual std::int64_t read(int fd, void* data, std::size_t size) noexcept;
  virtual std::int64_t write(int fd, const void* data, std::size_t size) noexcept;
  virtual std::int64_t recv(int fd, void* data, std::size_t size) noexcept;
  /// With MSG_NOSIGNAL.
  virtual std::int64_t send(int fd, const void* data, std::size_t size) noexcept;
  /// The new descriptor is non-blocking and closed on exec. The address may be null.
  virtual std::int64_t accept(int fd, sockaddr* address, socklen_t* length) noexcept;
  virtual std::int64_t connect(int fd, const sockaddr* address, socklen_t length) noexcept;

  virtual std::int64_t epoll_create() noexcept;
  virtual std::int64_t epoll_control(int epoll, int what, int fd, epoll_event* event) noexcept;
  /// A null timeout waits without limit. -ENOSYS before Linux 5.11.
  virtual std::int64_t epoll_wait_ns(int epoll, epoll_event* events, int capacity, const timespec* timeout) noexcept;
  virtual std::int64_t epoll_wait_ms(int epoll, epoll_event* events, int capacity, int timeout_ms) noexcept;
  virtual std::int64_t eventfd() noexcept;
  virtual std::int64_t close(int fd) noexcept;

  /// The kernel itself.
  static syscalls& kernel() noexcept;
};

}  // namespace weir::inline v0::io
