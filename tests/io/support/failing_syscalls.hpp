// System calls that fail when told: any call, with any errno, at its n-th occurrence, once or for a while.
#pragma once

#include <atomic>
#include <cerrno>
#include <mutex>
#include <vector>

#include "io/syscalls.hpp"

namespace weir_test {

class failing_syscalls : public weir::io::syscalls {
 public:
  enum call { read_, write_, recv_, send_, accept_, connect_, create_, control_, wait_, eventfd_, close_, calls };

  /// The `first`-th call (from 1) and the times-1 after it fail with `error`.
  void fail(call which, int error, int first = 1, int times = 1) {
    const std::lock_guard hold{mutex_};
    rules_.push_back({which, error, made_[which] + first, made_[which] + first + times});
  }
  [[nodiscard]] int made(call which) {
    const std::lock_guard hold{mutex_};
    return made_[which];
  }

  std::int64_t read(int fd, void* data, std::size_t size) noexcept override {
    const int e = next(read_);
    return e != 0 ? -e : syscalls::read(fd, data, size);
  }
  std::int64_t write(int fd, const void* data, std::size_t size) noexcept override {
    const int e = next(write_);
    return e != 0 ? -e : syscalls::write(fd, data, size);
  }
  std::int64_t recv(int fd, void* data, std::size_t size) noexcept override {
    const int e = next(recv_);
    return e != 0 ? -e : syscalls::recv(fd, data, size);
  }
  std::int64_t send(int fd, const void* data, std::size_t size) noexcept override {
    const int e = next(send_);
    return e != 0 ? -e : syscalls::send(fd, data, size);
  }
  std::int64_t accept(int fd, sockaddr* address, socklen_t* length) noexcept override {
    const int e = next(accept_);
    return e != 0 ? -e : syscalls::accept(fd, address, length);
  }
  std::int64_t connect(int fd, const sockaddr* address, socklen_t length) noexcept override {
    const int e = next(connect_);
    return e != 0 ? -e : syscalls::connect(fd, address, length);
  }
  std::int64_t epoll_create() noexcept override {
    const int e = next(create_);
    return e != 0 ? -e : syscalls::epoll_create();
  }
  std::int64_t epoll_control(int epoll, int what, int fd, epoll_event* event) noexcept override {
    const int e = next(control_);
    return e != 0 ? -e : syscalls::epoll_control(epoll, what, fd, event);
  }
  std::int64_t epoll_wait_ns(int epoll, epoll_event* events, int n, const timespec* timeout) noexcept override {
    const int e = next(wait_);
    return e != 0 ? -e : syscalls::epoll_wait_ns(epoll, events, n, timeout);
  }
  std::int64_t eventfd() noexcept override {
    const int e = next(eventfd_);
    return e != 0 ? -e : syscalls::eventfd();
  }
  std::int64_t close(int fd) noexcept override {
    next(close_);
    return syscalls::close(fd);
  }

 private:
  struct rule {
    call which;
    int error, from, to;
  };

  int next(call which) noexcept {
    const std::lock_guard hold{mutex_};
    const int now = ++made_[which];
    for (const rule& r : rules_)
      if (r.which == which && r.from <= now && now < r.to) return r.error;
    return 0;
  }

  std::mutex mutex_;
  std::vector<rule> rules_;
  int made_[calls] = {};
};

}  // namespace weir_test
