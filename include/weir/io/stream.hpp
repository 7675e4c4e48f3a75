// weir/io/stream.hpp - a connected socket: what tcp_stream and local_stream have in common.     [floor: coro]
#pragma once

#include <weir/io/fd.hpp>

namespace weir::inline v0 {

/// Rules, errors and cost: io/fd.hpp.
class stream_socket {
 public:
  stream_socket() noexcept = default;
  explicit stream_socket(fd socket, const endpoint& peer = {}) noexcept;

  /// At most bytes.size() bytes, at least one, or 0 when the peer has ended its side. An empty buffer gives 0 at once.
  [[nodiscard]] detail::transfer_awaiter read_some(std::span<std::byte> bytes) const noexcept;
  /// At least one byte of these; how many. None of none.
  [[nodiscard]] detail::transfer_awaiter write_some(std::span<const std::byte> bytes) const noexcept;
  /// All of them. The bytes must stay alive. After an error an unknown part has been sent. Cost: one task frame.
  [[nodiscard]] task<void> write_all(std::span<const std::byte> bytes) const;

  /// Ends our side; the peer reads 0 after the last byte. Errors: std::system_error.
  void shutdown_send() const;
  void close() noexcept { socket_.close(); }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }

  [[nodiscard]] endpoint peer() const noexcept { return socket_.share() ? socket_.share()->peer : endpoint{}; }
  /// Our own address. Errors: std::system_error.
  [[nodiscard]] endpoint local_address() const;
  [[nodiscard]] const fd& descriptor() const noexcept { return socket_; }

 private:
  fd socket_;
};

namespace detail {

/// Connects a socket that the system may already have refused (error != 0): the refusal waits for await_resume.
class connect_awaiter_base : public fd_awaiter {
 public:
  connect_awaiter_base(weir::fd socket, const endpoint& peer, int error) noexcept;
  connect_awaiter_base(connect_awaiter_base&& other) noexcept;
  bool await_ready() noexcept;

 protected:
  [[nodiscard]] std::int64_t connected() noexcept { return error_ != 0 ? -error_ : outcome(); }
  [[nodiscard]] stream_socket stream() noexcept { return stream_socket{std::move(socket_), peer_}; }
  [[nodiscard]] std::string doing() const { return "connect " + peer_.to_string(); }
  [[noreturn]] void fail(std::int64_t negated) const;

 private:
  weir::fd socket_;
  endpoint peer_;
  int error_;
};

template <class Stream>
class connect_awaiter : public connect_awaiter_base {
 public:
  using connect_awaiter_base::connect_awaiter_base;
  Stream await_resume() {
    if (const std::int64_t n = connected(); n < 0) fail(n);
    return Stream{stream()};
  }
  weir::result<Stream> await_result() {
    if (const std::int64_t n = connected(); n < 0) return weir::result<Stream>{code(n), doing()};
    return weir::result<Stream>{Stream{stream()}};
  }
};

class accept_awaiter_base : public fd_awaiter {
 public:
  explicit accept_awaiter_base(const weir::fd& listener) noexcept;
  accept_awaiter_base(accept_awaiter_base&& other) noexcept;

 protected:
  [[nodiscard]] stream_socket accepted(std::int64_t number);

 private:
  sockaddr_storage address_;
};

template <class Stream>
class accept_awaiter : public accept_awaiter_base {
 public:
  using accept_awaiter_base::accept_awaiter_base;
  Stream await_resume() { return Stream{accepted(outcome_or_throw())}; }
  weir::result<Stream> await_result() {
    const std::int64_t n = outcome();
    if (n < 0) return weir::result<Stream>{code(n), doing()};
    return weir::result<Stream>{Stream{accepted(n)}};
  }
};

/// A non-blocking stream socket, or an invalid one and the errno.
struct made_socket {
  fd socket;
  int error;
};
[[nodiscard]] made_socket make_stream_socket(int family) noexcept;

/// Creates, binds and listens. Errors: std::system_error "listen address: reason".
[[nodiscard]] fd listen_on(const endpoint& at, int backlog, bool reuse_address, bool reuse_port);
[[nodiscard]] endpoint address_of(const fd& socket);

}  // namespace detail

}  // namespace weir::inline v0
