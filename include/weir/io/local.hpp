// weir/io/local.hpp - unix stream sockets. "@name" is in the abstract namespace.                [floor: coro]
#pragma once

#include <utility>

#include <weir/io/stream.hpp>

namespace weir::inline v0 {

class local_stream : public stream_socket {
 public:
  local_stream() noexcept = default;
  explicit local_stream(stream_socket&& connected) noexcept : stream_socket{std::move(connected)} {}

  /// Connects; a listener with a full backlog is waited for. Errors: std::system_error "connect path: reason";
  /// std::invalid_argument (path); operation_cancelled.
  [[nodiscard]] static detail::connect_awaiter<local_stream> connect(std::string_view path);
  /// Two ends of one connection. Errors: std::system_error.
  [[nodiscard]] static std::pair<local_stream, local_stream> pair();
};

class local_listener {
 public:
  /// Binds and listens. A socket file left by a process that is gone is replaced; one that answers,
  /// and a file of another kind, is EADDRINUSE.
  /// Errors: std::system_error "listen path: reason"; std::invalid_argument (path).
  explicit local_listener(std::string_view path, int backlog = 1024);
  local_listener(local_listener&& other) noexcept;
  local_listener& operator=(local_listener&& other) noexcept;
  ~local_listener() { close(); }

  /// As tcp_listener::accept().
  [[nodiscard]] detail::accept_awaiter<local_stream> accept() const noexcept {
    return detail::accept_awaiter<local_stream>{socket_};
  }
  /// Also removes the socket file.
  void close() noexcept;
  [[nodiscard]] const fd& descriptor() const noexcept { return socket_; }

 private:
  fd socket_;
  std::string file_;
};

}  // namespace weir::inline v0
