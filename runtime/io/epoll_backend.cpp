#include "io/epoll_backend.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

namespace weir::inline v0::io {

namespace {

constexpr std::uint64_t wake_key = std::numeric_limits<std::uint64_t>::max();  // no descriptor: fd would be -1

std::uint64_t key_of(int fd, std::uint32_t tag) noexcept {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(fd)) << 32 | tag;
}

std::uint32_t mask_of(watch_mode mode) noexcept {
  switch (mode) {
    case watch_mode::edge:
      return EPOLLIN | EPOLLOUT | EPOLLRDHUP | static_cast<std::uint32_t>(EPOLLET);
    case watch_mode::once_in:
      return EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
    case watch_mode::once_out:
      return EPOLLOUT | EPOLLONESHOT;
    case watch_mode::once_both:
      break;
  }
  return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLONESHOT;
}

[[noreturn]] void refuse(std::int64_t error, const char* what) {
  throw std::system_error{static_cast<int>(-error), std::system_category(), what};
}

class epoll_backend final : public backend {
 public:
  explicit epoll_backend(syscalls& sys) : sys_{sys} {
    const std::int64_t epoll = sys_.epoll_create();
    if (epoll < 0) refuse(epoll, "weir: cannot create the reactor's epoll instance");
    epoll_ = static_cast<int>(epoll);
    const std::int64_t event = sys_.eventfd();
    if (event < 0) {
      sys_.close(epoll_);
      refuse(event, "weir: cannot create the reactor's eventfd");
    }
    wake_ = static_cast<int>(event);
    epoll_event wanted{.events = EPOLLIN | static_cast<std::uint32_t>(EPOLLET), .data = {.u64 = wake_key}};
    const std::int64_t added = sys_.epoll_control(epoll_, EPOLL_CTL_ADD, wake_, &wanted);
    if (added == 0) return;
    sys_.close(wake_);
    sys_.close(epoll_);
    refuse(added, "weir: cannot watch the reactor's eventfd");
  }
  ~epoll_backend() override {
    sys_.close(wake_);
    sys_.close(epoll_);
  }

  int watch(int fd, std::uint32_t tag, watch_mode mode) noexcept override {
    epoll_event wanted{.events = mask_of(mode), .data = {.u64 = key_of(fd, tag)}};
    // A first edge watch is new to the kernel, a further one-shot is known to it; whichever it denies, say the other.
    const int first = mode == watch_mode::edge ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    std::int64_t done = sys_.epoll_control(epoll_, first, fd, &wanted);
    if (done == -EEXIST) done = sys_.epoll_control(epoll_, EPOLL_CTL_MOD, fd, &wanted);
    if (done == -ENOENT) done = sys_.epoll_control(epoll_, EPOLL_CTL_ADD, fd, &wanted);
    return static_cast<int>(done);
  }

  void unwatch(int fd) noexcept override {
    epoll_event ignored{};
    sys_.epoll_control(epoll_, EPOLL_CTL_DEL, fd, &ignored);
  }

  int wait(std::span<ready_event> events, std::int64_t timeout_ns, bool& woken) noexcept override {
    std::array<epoll_event, 128> raw;
    woken = false;
    const int capacity = static_cast<int>(std::min(raw.size(), events.size()));
    const std::int64_t n = wait_raw(raw.data(), capacity, timeout_ns);
    if (n < 0) return n == -EINTR ? 0 : static_cast<int>(n);
    std::size_t found = 0;
    for (const epoll_event& e : std::span{raw}.first(static_cast<std::size_t>(n))) {
      if (e.data.u64 == wake_key) {
        woken = true;
        continue;
      }
      const bool broken = (e.events & (EPOLLERR | EPOLLHUP)) != 0;
      events[found++] = {.fd = static_cast<int>(e.data.u64 >> 32),
                         .tag = static_cast<std::uint32_t>(e.data.u64),
                         .in = broken || (e.events & (EPOLLIN | EPOLLRDHUP)) != 0,
                         .out = broken || (e.events & EPOLLOUT) != 0};
    }
    return static_cast<int>(found);
  }

  void wake() noexcept override {
    const std::uint64_t one = 1;
    while (sys_.write(wake_, &one, sizeof one) == -EINTR) {
    }
  }

  const char* name() const noexcept override { return "epoll"; }

 private:
  std::int64_t wait_raw(epoll_event* raw, int capacity, std::int64_t timeout_ns) noexcept {
    constexpr std::int64_t second = 1'000'000'000, millisecond = 1'000'000;
    if (nanoseconds_) {
      const timespec limit{.tv_sec = timeout_ns / second, .tv_nsec = timeout_ns % second};
      const std::int64_t n = sys_.epoll_wait_ns(epoll_, raw, capacity, timeout_ns < 0 ? nullptr : &limit);
      if (n != -ENOSYS && n != -EPERM) return n;  // EPERM: a container's filter that does not know the call
      nanoseconds_ = false;
    }
    std::int64_t ms = -1;
    if (timeout_ns >= 0)  // rounded up: a timer is never early
      ms = std::min<std::int64_t>(timeout_ns / millisecond + (timeout_ns % millisecond != 0), 1'000'000);
    return sys_.epoll_wait_ms(epoll_, raw, capacity, static_cast<int>(ms));
  }

  syscalls& sys_;
  int epoll_ = -1;
  int wake_ = -1;
  bool nanoseconds_ = true;
};

}  // namespace

std::unique_ptr<backend> make_epoll_backend(syscalls& sys) { return std::make_unique<epoll_backend>(sys); }

}  // namespace weir::inline v0::io
