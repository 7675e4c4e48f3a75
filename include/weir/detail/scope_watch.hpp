// weir/detail/scope_watch.hpp - the timers of a scope: its deadline, and the grace time after a stop. [floor: coro]
//
//   deadline passes -> a queued job -> stop the scope -> grace time passes, work still running -> overdue(): report it
//   close()         -> both timers cancelled -> their completions -> quiet(): the scope may end
//
// Queued, not at once: a result that became ready at the very deadline is seen first. A scope never ends while one of
// its timers is in flight; references count them, plus one for the scope's work, plus holders.
//
// Threads     any. deadline_ and grace_ are started at most once each; closed and grace_on, whichever comes second sees
//             the other and cancels the grace timer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <weir/detail/operation.hpp>
#include <weir/detail/scheduler.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0::detail {

class scope_watch {
 public:
  using call_fn = void (*)(scope_watch&) noexcept;

  scope_watch(call_fn quiet, call_fn overdue) noexcept : quiet_{quiet}, overdue_{overdue} {}
  scope_watch(const scope_watch&) = delete;
  scope_watch& operator=(const scope_watch&) = delete;

  /// Begins, with one reference: the scope's work. `grace` max: overdue work is not reported.
  void open(scheduler& sched, stop_state& scope, std::chrono::nanoseconds grace) noexcept;
  /// Stops the scope at `deadline`. Before its work has started; at most once.
  void arm(time_point deadline) noexcept;
  /// Stops the scope now and begins the grace time, if it has not been stopped before. Requires  a reference is held.
  void stop(stop_reason why) noexcept;
  /// The scope's work has ended. quiet() follows, perhaps from within.
  void close() noexcept;

  void hold() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }  // orders nothing: one is held already
  void release() noexcept;

  // acquire: pairs with close(); the end of the work is visible.
  [[nodiscard]] bool closed() const noexcept { return (flags_.load(std::memory_order_acquire) & closed_bit) != 0; }
  [[nodiscard]] scheduler& sched() const noexcept { return *sched_; }

 private:
  enum flag : std::uint8_t { closed_bit = 1, grace_on = 2 };
  struct timer : operation {
    timer(scope_watch& w, complete_fn fn) noexcept : operation{kind::sleep, fn}, watch{&w} {}
    scope_watch* watch;
  };
  struct deadline_job : job {
    explicit deadline_job(scope_watch& w) noexcept : job{&deadline_passed, "deadline"}, watch{&w} {}
    scope_watch* watch;
  };

  static void deadline_completed(operation& op) noexcept;
  static outcome deadline_passed(job* j, action what) noexcept;
  static void grace_completed(operation& op) noexcept;

  call_fn quiet_;
  call_fn overdue_;
  scheduler* sched_ = nullptr;
  stop_state* scope_ = nullptr;
  std::chrono::nanoseconds grace_time_{};
  bool armed_ = false;
  std::atomic<std::uint8_t> flags_{0};
  std::atomic<std::uint32_t> references_{0};
  timer deadline_{*this, &deadline_completed};
  timer grace_{*this, &grace_completed};
  deadline_job job_{*this};
};

}  // namespace weir::inline v0::detail
