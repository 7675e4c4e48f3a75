#include "io/attempt.hpp"

#include <cerrno>

namespace weir::inline v0::io {

namespace {

using verdict = attempt_result::verdict;
using kind = detail::operation::kind;

std::int64_t transfer(const detail::operation& op, syscalls& sys) noexcept {
  switch (op.what) {
    case kind::read:
      return sys.read(op.fd, op.data, op.size);
    case kind::write:
      return sys.write(op.fd, op.data, op.size);
    case kind::recv:
      return sys.recv(op.fd, op.data, op.size);
    default:
      return sys.send(op.fd, op.data, op.size);
  }
}

attempt_result try_transfer(const detail::operation& op, syscalls& sys) noexcept {
  for (;;) {
    const std::int64_t n = transfer(op, sys);
    if (n == -EINTR) continue;
    if (n == -EAGAIN) return {verdict::wait};
    return {verdict::done, n};
  }
}

// What accept(2) asks to treat like "the next one, please"; bounded, so that a wedged network stack is an error.
bool died_in_queue(std::int64_t n) noexcept {
  return n == -ECONNABORTED || n == -EPROTO || n == -ENETDOWN || n == -ENETUNREACH || n == -EHOSTUNREACH ||
         n == -EHOSTDOWN || n == -ENOPROTOOPT;
}

attempt_result try_accept(detail::operation& op, syscalls& sys) noexcept {
  for (int skipped = 0;;) {
    auto length = static_cast<socklen_t>(op.size);
    const std::int64_t n = sys.accept(op.fd, static_cast<sockaddr*>(op.data), op.data != nullptr ? &length : nullptr);
    if (n == -EINTR || (died_in_queue(n) && ++skipped < 64)) continue;
    if (n == -EAGAIN) return {verdict::wait};
    if (n == -EMFILE || n == -ENFILE || n == -ENOBUFS || n == -ENOMEM) return {verdict::back_off, n};
    if (n >= 0) op.size = length;
    return {verdict::done, n};
  }
}

// Called again after each readiness event: Linux then answers 0 or EISCONN, EALREADY, or the connection's error.
attempt_result try_connect(const detail::operation& op, syscalls& sys) noexcept {
  const auto* address = static_cast<const sockaddr*>(op.data);
  const std::int64_t n = sys.connect(op.fd, address, static_cast<socklen_t>(op.size));
  if (n == 0 || n == -EISCONN) return {verdict::done, 0};
  if (n == -EINPROGRESS || n == -EALREADY || n == -EINTR) return {verdict::wait};
  // A unix socket's listener has no room, and no event says when it has; for TCP it means no free local port.
  if (n == -EAGAIN && address->sa_family == AF_UNIX) return {verdict::back_off, n};
  return {verdict::done, n == -EAGAIN ? -EADDRNOTAVAIL : n};
}

}  // namespace

attempt_result attempt(detail::operation& op, syscalls& sys) noexcept {
  switch (op.what) {
    case kind::sleep:
    case kind::poll_in:
    case kind::poll_out:
      return {verdict::wait};
    case kind::accept:
      return try_accept(op, sys);
    case kind::connect:
      return try_connect(op, sys);
    default:
      return try_transfer(op, sys);
  }
}

}  // namespace weir::inline v0::io
