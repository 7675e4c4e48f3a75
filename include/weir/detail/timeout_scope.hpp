// weir/detail/timeout_scope.hpp - one task under a deadline, whatever its result.              [floor: coro]
//
// The task runs under a stop state of its own, which the deadline stops. The awaiting task goes on when both the task
// has ended and the timers are quiet. If an outer scope's deadline comes first, it alone acts: no own timer is armed.
#pragma once

#include <chrono>

#include <weir/detail/promise.hpp>
#include <weir/detail/scope_watch.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0::detail {

/// A relative limit counts from the await.
struct time_limit {
  bool relative;
  std::chrono::nanoseconds length;
  time_point at;
};

class timeout_scope : private task_owner, private scope_watch {
 protected:
  explicit timeout_scope(time_limit limit) noexcept
      : task_owner{&task_done}, scope_watch{&quiet, &overdue}, limit_{limit} {}
  ~timeout_scope() = default;

  void begin(promise_base& parent, promise_base& child) noexcept;
  /// For the result: throws operation_timed_out in place of the cancellation that this deadline caused, or what the
  /// task ended with; nothing if it has a result.
  void end(promise_base& child);

 private:
  static void task_done(task_owner& self, promise_base& task) noexcept;
  static void quiet(grace_watch& self) noexcept;
  static void overdue(grace_watch& self) noexcept;

  time_limit limit_;
  promise_base* parent_ = nullptr;
  promise_base* child_ = nullptr;
  stop_state scope_;
};

}  // namespace weir::inline v0::detail
