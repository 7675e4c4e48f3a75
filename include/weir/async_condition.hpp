// weir/async_condition.hpp - wait, under a mutex, until somebody says that something has changed.   [floor: flow]
//
//   async_lock l = co_await m.lock();
//   while (queue.empty()) co_await changed.wait(l);          // released while it waits, held again when it goes on
//   ...
//   changed.notify_one();                                    // any thread, with or without the lock
//
//   in line here --notify--> takes the mutex, or stands in its line --granted--> resumed
//        \--stop--> the same way, then operation_cancelled: the lock is held again on every path
//
// A task joins the line before the mutex is released, so what changes under the mutex cannot be missed. No spurious
// wake-ups; still look again, as others may have had the mutex in between. Strictly in order, also for the mutex.
// Allocates nothing: one waiter for each of the two lines, in the awaiting frame.
#pragma once

#include <coroutine>
#include <cstddef>

#include <weir/async_mutex.hpp>

namespace weir::inline v0 {

/// Everything from any thread. Outlives who waits: anything else terminates.
class async_condition {
 public:
  async_condition() noexcept = default;
  async_condition(const async_condition&) = delete;
  async_condition& operator=(const async_condition&) = delete;
  ~async_condition();

  class wait_awaiter;

  /// `co_await c.wait(l)`. `l` stays where it is meanwhile.
  /// Errors  std::invalid_argument if l is empty; operation_cancelled: l is held then, too. A stop is noticed at once,
  ///         but waits for the mutex like everybody
  [[nodiscard]] auto wait(async_lock& l) noexcept {
    return detail::request<wait_awaiter, async_condition*, async_lock*>{this, &l};
  }

  /// The first in line, if there is one.
  void notify_one() noexcept;
  /// All who are in line now.
  void notify_all() noexcept;

  [[nodiscard]] std::size_t waiting() const noexcept {
    const detail::hold guard{lock_};
    return line_.size();
  }

 private:
  mutable detail::spin_lock lock_;
  detail::wait_line line_;
};

class async_condition::wait_awaiter : private detail::parked_task, private detail::waiter {
 public:
  using weir_awaitable = void;
  wait_awaiter(async_condition* at, async_lock* l) noexcept
      : parked_task{&withdraw}, waiter{&noticed}, at_{at}, lock_{l}, again_{*this} {}
  bool await_ready() const noexcept { return false; }
  template <detail::task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    begin(h.promise());
  }
  void await_resume();

 private:
  /// The place in the mutex's line.
  struct second : async_mutex::line::claim {
    explicit second(wait_awaiter& w) noexcept : claim{1, &granted}, of{&w} {}
    static void granted(detail::waiter& w) noexcept { static_cast<second&>(w).of->wake_task(); }
    wait_awaiter* of;
  };

  void begin(detail::promise_base& task);
  static void noticed(detail::waiter& w) noexcept;
  static void withdraw(detail::parked_task& t) noexcept;

  async_condition* at_;
  async_lock* lock_;
  async_mutex* mutex_ = nullptr;
  detail::promise_base* holder_ = nullptr;  ///< in whose frame the lock is; not ours, when a scope awaits for that task
  bool released_ = false;
  second again_;
};

}  // namespace weir::inline v0
