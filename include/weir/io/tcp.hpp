// weir/io/tcp.hpp - TCP streams and listeners.                                                  [floor: coro]
//
//   weir::tcp_listener server{weir::endpoint::parse("127.0.0.1:0")};
//   weir::tcp_stream client = co_await weir::tcp_stream::connect(server.local_address());
//   weir::tcp_stream peer = co_await server.accept();
//
// Small writes go out at once (TCP_NODELAY) on both sides; set_no_delay(false) lets the system gather them.
#pragma once

#include <weir/io/stream.hpp>

namespace weir::inline v0 {

class tcp_stream : public stream_socket {
 public:
  tcp_stream() noexcept = default;
  explicit tcp_stream(stream_socket&& connected) noexcept : stream_socket{std::move(connected)} {}

  /// Connects. Errors: std::system_error "connect 1.2.3.4:80: reason"; operation_cancelled.
  [[nodiscard]] static detail::connect_awaiter<tcp_stream> connect(const endpoint& to) noexcept;
  /// Resolves "name:port" and tries its addresses in turn. Errors: those of resolve() and of the last address;
  /// std::invalid_argument for a malformed text.
  [[nodiscard]] static task<tcp_stream> connect(std::string host_and_port);

  /// Errors: std::system_error.
  void set_no_delay(bool on) const;
};

struct tcp_listen_options {
  int backlog = 1024;         ///< connections the system accepts ahead of us
  bool reuse_address = true;  ///< bind although earlier connections of the port linger
  bool reuse_port = false;    ///< share the port with other listeners that ask for it too
};

class tcp_listener {
 public:
  /// Binds and listens; port 0 takes a free one. Errors: std::system_error "listen 1.2.3.4:80: reason".
  explicit tcp_listener(const endpoint& at, tcp_listen_options options = {});

  /// The next connection. When the process has no descriptor left the listener pauses, reports it and goes on by
  /// itself. Errors: std::system_error; operation_cancelled, also when the listener is closed.
  [[nodiscard]] detail::accept_awaiter<tcp_stream> accept() const noexcept {
    return detail::accept_awaiter<tcp_stream>{socket_};
  }
  [[nodiscard]] endpoint local_address() const { return detail::address_of(socket_); }
  void close() noexcept { socket_.close(); }
  [[nodiscard]] const fd& descriptor() const noexcept { return socket_; }

 private:
  fd socket_;
};

}  // namespace weir::inline v0
