// weir/async_mutex.hpp - one task at a time, in order, across awaits.                             [floor: flow]
//
//   async_mutex m;
//   {
//     const async_lock l = co_await m.lock();          // the thread does other work meanwhile
//     co_await rewrite(file);                          // held across the await; released at the end, on every path
//   }
//
// A limiter of 1 without its histograms: strictly first in, first out; a release hands the lock to the first in line,
// before that has resumed (no barging). For a few instructions without an await a std::mutex is cheaper.
// Nesting      a task that asks for a lock which it, or a task that awaits it, holds in its frame gets would_deadlock.
// Cancellation delivery wins; a stop requested before the await wins even if the lock is free.
// Allocates    nothing; a waiter lives in the awaiting frame.
#pragma once

#include <coroutine>
#include <cstddef>
#include <limits>
#include <utility>

#include <weir/detail/credit_line.hpp>
#include <weir/detail/parked.hpp>
#include <weir/detail/request.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/error.hpp>

namespace weir::inline v0 {

class async_mutex;
class async_condition;

/// Holds a mutex. Move-only; empty after being moved from.
class [[nodiscard]] async_lock : private detail::lease {
 public:
  async_lock() noexcept = default;
  async_lock(async_lock&& other) noexcept : lease{} { take_over(other); }
  async_lock& operator=(async_lock&& other) noexcept {
    if (this == &other) return *this;
    unlock();
    take_over(other);
    return *this;
  }
  ~async_lock() { unlock(); }

  /// Releases it now. Again: nothing.
  void unlock() noexcept;
  explicit operator bool() const noexcept { return mutex_ != nullptr; }

 private:
  friend class async_mutex;
  friend class async_condition;
  async_lock(async_mutex& held, detail::promise_base* by) noexcept : mutex_{&held} { lend(by); }
  void lend(detail::promise_base* by) noexcept;
  void take_over(async_lock& other) noexcept;

  async_mutex* mutex_ = nullptr;
};

/// Everything from any thread. Outlives its locks and waiters: anything else terminates.
class async_mutex {
 public:
  async_mutex() noexcept = default;
  async_mutex(const async_mutex&) = delete;
  async_mutex& operator=(const async_mutex&) = delete;
  ~async_mutex();

  class lock_awaiter;

  /// `co_await m.lock()`: an async_lock, in turn.     Errors  would_deadlock (nesting); operation_cancelled
  [[nodiscard]] auto lock() noexcept { return detail::request<lock_awaiter, async_mutex*>{this}; }
  /// The lock if it is free, otherwise an empty one. Never waits.
  [[nodiscard]] async_lock try_lock() noexcept { return line_.try_take(1) ? async_lock{*this, nullptr} : async_lock{}; }

  [[nodiscard]] bool locked() const noexcept { return line_.read().in_use != 0; }
  [[nodiscard]] std::size_t waiting() const noexcept { return line_.read().waiting; }

 private:
  friend class async_lock;
  friend class async_condition;
  using line = detail::credit_line<detail::spin_lock>;

  line line_{1, std::numeric_limits<std::size_t>::max()};
};

class async_mutex::lock_awaiter : private detail::parked_task, private async_mutex::line::claim {
 public:
  using weir_awaitable = void;
  explicit lock_awaiter(async_mutex* of) noexcept : parked_task{&withdraw}, claim{1, &granted}, of_{of} {}
  bool await_ready() const noexcept { return false; }
  template <detail::task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    begin(h.promise());
  }
  async_lock await_resume();

 private:
  void begin(detail::promise_base& task);
  static void granted(detail::waiter& w) noexcept { static_cast<lock_awaiter&>(w).wake_task(); }
  static void withdraw(detail::parked_task& t) noexcept;

  async_mutex* of_;
};

}  // namespace weir::inline v0
