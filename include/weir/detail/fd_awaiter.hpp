// weir/detail/fd_awaiter.hpp - a task waits for one operation on an owned descriptor.            [floor: coro]
//
//   await_ready     the system call at once, where that is safe on any thread: most end here, without the reactor
//   await_suspend   register with the descriptor's close -> io_awaiter::begin
//   close           cancels through the same handshake as a stop request
//   await_resume    unregister from close, then the result; errors are std::system_error "what peer: reason"
#pragma once

#include <system_error>

#include <weir/detail/descriptor.hpp>
#include <weir/detail/leaf.hpp>
#include <weir/io/result.hpp>

namespace weir::inline v0::detail {

class fd_awaiter : public io_awaiter {
 public:
  fd_awaiter(kind k, const char* verb, descriptor_ref target, void* bytes, std::size_t count) noexcept;
  /// Requires  other has not been awaited.
  fd_awaiter(fd_awaiter&& other) noexcept;

  /// True when the result is there already.
  bool await_ready() noexcept;
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin_on(h.promise());
  }

 protected:
  /// The result, or -ECANCELED, or another negated errno. Once.
  [[nodiscard]] std::int64_t outcome() noexcept;
  /// Throws operation_cancelled for -ECANCELED, otherwise std::system_error.
  [[noreturn]] void fail(std::int64_t negated) const;
  [[nodiscard]] std::error_code code(std::int64_t negated) const noexcept {
    return {static_cast<int>(-negated), std::system_category()};
  }
  [[nodiscard]] std::string doing() const;
  [[nodiscard]] const descriptor_ref& on() const noexcept { return on_; }

  /// outcome() as number or exception, and as a result.
  std::int64_t outcome_or_throw() {
    const std::int64_t n = outcome();
    if (n < 0) fail(n);
    return n;
  }

 private:
  struct close_node : detail::stop_node {
    explicit close_node(fd_awaiter& whose) noexcept : detail::stop_node{&closed}, owner{whose} {}
    static void closed(detail::stop_node& node) noexcept { static_cast<close_node&>(node).owner.ask_to_stop(); }
    fd_awaiter& owner;
  };

  void begin_on(promise_base& task) noexcept;

  const char* what_;
  descriptor_ref on_;
  std::int64_t early_ = 0;
  close_node close_{*this};
  bool suspended_ = false;
};

/// Bytes: read, write, recv, send.
class transfer_awaiter : public fd_awaiter {
 public:
  using fd_awaiter::fd_awaiter;
  std::size_t await_resume() { return static_cast<std::size_t>(outcome_or_throw()); }
  weir::result<std::size_t> await_result() {
    const std::int64_t n = outcome();
    if (n < 0) return weir::result<std::size_t>{code(n), doing()};
    return weir::result<std::size_t>{static_cast<std::size_t>(n)};
  }
};

/// Readiness.
class poll_awaiter : public fd_awaiter {
 public:
  using fd_awaiter::fd_awaiter;
  void await_resume() { outcome_or_throw(); }
  weir::result<void> await_result() {
    const std::int64_t n = outcome();
    if (n < 0) return weir::result<void>{code(n), doing()};
    return weir::result<void>{unit{}};
  }
};

}  // namespace weir::inline v0::detail
