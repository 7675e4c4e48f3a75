#include <weir/io/stream.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "coro/io/write_all.hpp"

namespace weir::inline v0 {

using detail::operation;

stream_socket::stream_socket(fd socket, const endpoint& peer) noexcept : socket_{std::move(socket)} {
  if (socket_) socket_.share()->peer = peer;
}

detail::transfer_awaiter stream_socket::read_some(std::span<std::byte> bytes) const noexcept {
  return {operation::kind::recv, "recv", socket_.share(), bytes.data(), bytes.size()};
}

detail::transfer_awaiter stream_socket::write_some(std::span<const std::byte> bytes) const noexcept {
  return {operation::kind::send, "send", socket_.share(), const_cast<std::byte*>(bytes.data()), bytes.size()};
}

task<void> stream_socket::write_all(std::span<const std::byte> bytes) const {
  return detail::write_all(operation::kind::send, "send", socket_.share(), bytes);
}

void stream_socket::shutdown_send() const {
  if (::shutdown(socket_.number(), SHUT_WR) != 0)
    throw std::system_error{errno, std::system_category(), "shutdown " + peer().to_string()};
}

endpoint stream_socket::local_address() const { return detail::address_of(socket_); }

namespace detail {

connect_awaiter_base::connect_awaiter_base(weir::fd socket, const endpoint& peer, int error) noexcept
    : fd_awaiter{kind::connect, "connect", socket.share(), nullptr, peer.size()},
      socket_{std::move(socket)},
      peer_{peer},
      error_{error} {}

// The base takes its own part of `other` only.
connect_awaiter_base::connect_awaiter_base(connect_awaiter_base&& other) noexcept
    // NOLINTNEXTLINE(bugprone-use-after-move)
    : fd_awaiter{std::move(other)}, socket_{std::move(other.socket_)}, peer_{other.peer_}, error_{other.error_} {}

bool connect_awaiter_base::await_ready() noexcept {
  if (error_ != 0) return true;
  op().data = const_cast<sockaddr*>(peer_.data());  // only now: the awaiter stays where it is
  return fd_awaiter::await_ready();
}

void connect_awaiter_base::fail(std::int64_t negated) const {
  if (negated == -ECANCELED) fd_awaiter::fail(negated);
  throw std::system_error{code(negated), doing()};
}

accept_awaiter_base::accept_awaiter_base(const weir::fd& listener) noexcept
    : fd_awaiter{kind::accept, "accept", listener.share(), &address_, sizeof address_} {}

accept_awaiter_base::accept_awaiter_base(accept_awaiter_base&& other) noexcept : fd_awaiter{std::move(other)} {
  op().data = &address_;
}

stream_socket accept_awaiter_base::accepted(std::int64_t number) {
  const endpoint peer{reinterpret_cast<const sockaddr*>(&address_), static_cast<socklen_t>(op().size)};
  return stream_socket{weir::fd{static_cast<int>(number)}, peer};
}

made_socket make_stream_socket(int family) noexcept {
  const int number = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (number < 0) return {fd{}, errno};
  if (family != AF_UNIX) {
    const int on = 1;
    static_cast<void>(::setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));  // worse latency is no failure
  }
  try {
    return {fd{number}, 0};
  } catch (const std::exception&) {
    return {fd{}, ENOMEM};
  }
}

fd listen_on(const endpoint& at, int backlog, bool reuse_address, bool reuse_port) {
  made_socket made = make_stream_socket(at.family());
  const int number = made.socket.number();
  const auto set = [number](int name, bool on) {
    const int value = on ? 1 : 0;
    return !on || ::setsockopt(number, SOL_SOCKET, name, &value, sizeof value) == 0;
  };
  if (made.error != 0) errno = made.error;
  if (made.error != 0 || !set(SO_REUSEADDR, reuse_address) || !set(SO_REUSEPORT, reuse_port) ||
      ::bind(number, at.data(), at.size()) != 0 || ::listen(number, backlog) != 0)
    throw std::system_error{errno, std::system_category(), "listen " + at.to_string()};
  made.socket.share()->peer = at;  // names the listener in messages
  return std::move(made.socket);
}

endpoint address_of(const fd& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::system_error{errno, std::system_category(), "weir: asking for a socket's own address"};
  return {reinterpret_cast<const sockaddr*>(&address), length};
}

}  // namespace detail

}  // namespace weir::inline v0
