// Descriptors for tests, closed at the end.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace weir_test {

class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_{fd} {}
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() { reset(); }
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

struct pair {
  descriptor ours, theirs;  // both non-blocking
};

inline pair socket_pair() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) != 0) std::abort();
  return {descriptor{fds[0]}, descriptor{fds[1]}};
}

/// ours reads.
inline pair pipe_pair() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_NONBLOCK | O_CLOEXEC) != 0) std::abort();
  return {descriptor{fds[0]}, descriptor{fds[1]}};
}

struct listener {
  descriptor fd;
  sockaddr_in address{};
};

inline listener listen_on_loopback(int backlog = 64) {
  listener made{descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)}, {}};
  made.address.sin_family = AF_INET;
  made.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof made.address;
  auto* address = reinterpret_cast<sockaddr*>(&made.address);
  if (::bind(made.fd.get(), address, length) != 0 || ::listen(made.fd.get(), backlog) != 0) std::abort();
  if (::getsockname(made.fd.get(), address, &length) != 0) std::abort();
  return made;
}

inline descriptor tcp_socket() { return descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)}; }

inline bool put(const descriptor& to, std::string_view text) {
  return ::write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace weir_test
