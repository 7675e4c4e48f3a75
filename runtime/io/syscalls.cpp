#include "io/syscalls.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace weir::inline v0::io {

namespace {
std::int64_t negated(std::int64_t result) noexcept { return result < 0 ? -errno : result; }
}  // namespace

std::int64_t syscalls::read(int fd, void* data, std::size_t size) noexcept { return negated(::read(fd, data, size)); }

std::int64_t syscalls::write(int fd, const void* data, std::size_t size) noexcept {
  return negated(::write(fd, data, size));
}

std::int64_t syscalls::recv(int fd, void* data, std::size_t size) noexcept {
  return negated(::recv(fd, data, size, 0));
}

std::int64_t syscalls::send(int fd, const void* data, std::size_t size) noexcept {
  return negated(::send(fd, data, size, MSG_NOSIGNAL));
}

std::int64_t syscalls::accept(int fd, sockaddr* address, socklen_t* length) noexcept {
  return negated(::accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

std::int64_t syscalls::connect(int fd, const sockaddr* address, socklen_t length) noexcept {
  return negated(::connect(fd, address, length));
}

std::int64_t syscalls::epoll_create() noexcept { return negated(::epoll_create1(EPOLL_CLOEXEC)); }

std::int64_t syscalls::epoll_control(int epoll, int what, int fd, epoll_event* event) noexcept {
  return negated(::epoll_ctl(epoll, what, fd, event));
}

std::int64_t syscalls::epoll_wait_ns(int epoll, epoll_event* events, int capacity, const timespec* timeout) noexcept {
  return negated(::epoll_pwait2(epoll, events, capacity, timeout, nullptr));
}

std::int64_t syscalls::epoll_wait_ms(int epoll, epoll_event* events, int capacity, int timeout_ms) noexcept {
  return negated(::epoll_wait(epoll, events, capacity, timeout_ms));
}

std::int64_t syscalls::eventfd() noexcept { return negated(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

std::int64_t syscalls::close(int fd) noexcept { return negated(::close(fd)); }

syscalls& syscalls::kernel() noexcept {
  static constinit syscalls instance;
  return instance;
}

}  // namespace weir::inline v0::io
