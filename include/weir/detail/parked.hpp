// weir/detail/parked.hpp - the two kinds of waiters: a suspended task, a sleeping thread.       [floor: flow]
//
// Both are one operation on one object (a channel, a limiter, ...), which decides under its lock whether it can go on;
// wait_line.hpp says how a wait ends. The object is told of a stop through `withdraw`, which takes its lock.
#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>

#include <weir/detail/promise.hpp>
#include <weir/detail/stop_state.hpp>
#include <weir/detail/wait_line.hpp>

namespace weir::inline v0::detail {

/// Base of awaiters. A derived await_suspend() calls stopped_before(task), then its object under its lock; what has to
/// wait there calls may_wait() before it joins the line, saying for what. Otherwise it goes on with
/// resume_next(task.self). With a stop requested before the await nothing is tried; a result that is there wins over a
/// later stop.
class parked_task : private stop_node {
 public:
  using weir_awaitable = void;
  parked_task(const parked_task&) = delete;
  parked_task& operator=(const parked_task&) = delete;

 protected:
  /// Takes the waiter out of its object's line if it is still there, and wakes it.
  using withdraw_fn = void (*)(parked_task&) noexcept;

  explicit parked_task(withdraw_fn fn) noexcept : stop_node{&on_stop}, withdraw_{fn} {}
  ~parked_task() = default;

  /// First step of a suspension. True: a stop was requested; the operation does not start.
  [[nodiscard]] bool stopped_before(promise_base& task) noexcept {
    task_ = &task;
    task.about_to_wait();
    return task.env.stop != nullptr && task.env.stop->stop_requested();
  }
  /// Under the object's lock. False: a stop has come meanwhile.
  [[nodiscard]] bool may_wait(wait_cause why, const void* object) noexcept {
    if (task_->env.stop != nullptr && !(watched_ = task_->env.stop->add(*this))) return false;
    task_->trace_wait(why, object);
    return true;
  }
  /// After the resumption: from here on no stop request reaches the waiter.
  void end_wait() noexcept {
    if (watched_) task_->env.stop->remove(*this);
  }
  [[nodiscard]] promise_base& task() const noexcept { return *task_; }
  void wake_task() noexcept { task_->wake(); }

 private:
  static void on_stop(stop_node& node) noexcept {
    auto& me = static_cast<parked_task&>(node);
    me.withdraw_(me);
  }

  withdraw_fn withdraw_;
  promise_base* task_ = nullptr;
  bool watched_ = false;
};

/// A plain thread that waits. On weir's own threads, and inside a manual runtime's loop, it would stop those it waits
/// for: check_outside() throws.
class parked_thread {
 public:
  /// Errors  would_deadlock, naming `what`.
  static void check_outside(const char* what);

  /// Ends sleep(), once. The object may be gone when this returns.
  void wake() noexcept;
  /// Until wake(). False: `until` passed first (the steady clock's; max: never), wake() may still come.
  [[nodiscard]] bool sleep(std::chrono::steady_clock::time_point until) noexcept;

 private:
  std::atomic<std::uint32_t> word_{0};  // sync/one_wake.hpp
};

}  // namespace weir::inline v0::detail
