// weir/detail/leaf.hpp - a task waits for one operation: the base of every timer and I/O awaitable. [floor: coro]
//
//   await_suspend   register with the stop state -> scheduler.start(op) -> arm
//   stop requested  before arm: note it, the starter cancels    after arm: scheduler.cancel(op)
//   complete        before arm: note it, the starter goes on    after arm: wake the task at its home
//   await_resume    unregister (no stop request can reach the operation any more), then the result or the exception
//
// The awaiter is the operation: it lives in the frame of the awaiting task, nothing is allocated. To make an awaitable,
// derive, fill in op() (fd, data, size, deadline) and translate the result:
//
//   class read_awaiter : public io_awaiter {
//    public:
//     read_awaiter(int fd, void* p, std::size_t n) noexcept : io_awaiter{operation::kind::read} { op().fd = fd; ... }
//     bool await_ready() noexcept { return try_now(); }             // optional: the system call at once
//     std::size_t await_resume() { return check(finish()); }        // finish() only if it was suspended
//   };
//
// One winner  A result that is there wins over a stop request: finish() throws operation_cancelled only when the
//             operation ended with -ECANCELED, otherwise it returns the result (>= 0, or a negated errno to translate).
//             With a stop requested before the await the operation is not started. Whatever await_ready() got is kept.
// Handshake   phase_ keeps the frame alive while await_suspend still uses it: complete() resumes only what is armed.
//             cancel() may thus come before, beside or after complete(), but never after await_resume has begun its
//             work; schedulers ignore a cancel of a completed operation.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>

#include <weir/detail/operation.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0::detail {

class io_awaiter : private operation, private stop_node {
 public:
  using weir_awaitable = void;

  explicit io_awaiter(kind k) noexcept : operation{k, &on_complete}, stop_node{&on_stop} {}
  /// Moves the request. Requires  other has not been awaited.
  io_awaiter(io_awaiter&& other) noexcept;

  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise());
  }
  /// The operation's result. Errors: operation_cancelled.
  std::int64_t await_resume() { return finish(); }

 protected:
  [[nodiscard]] operation& op() noexcept { return *this; }

  /// Starts the operation for `task`, which has just suspended. It may have been resumed when this returns.
  void begin(promise_base& task) noexcept;
  /// Requires  begin() was called and the task resumed. Result and errors as await_resume().
  std::int64_t finish();
  /// What a stop request does, for other reasons to end the operation (its descriptor is closed). Any thread, as long
  /// as the caller knows that await_resume has not begun.
  void ask_to_stop() noexcept { on_stop(*this); }

  using operation::kind;

 private:
  static void on_complete(operation& op) noexcept;
  static void on_stop(stop_node& node) noexcept;

  promise_base* task_ = nullptr;
  std::atomic<std::uint8_t> phase_{0};
};

}  // namespace weir::inline v0::detail
