// weir/detail/scheduler.hpp - a runtime as coroutines see it.                                  [floor: job]
//
// Everything a task needs from the world goes through this interface, so that the same task runs under the real
// runtime (rt/runtime_impl) and under a virtual clock (testing::manual_runtime). It is the seam of decisions D5, D8.
#pragma once

#include <chrono>
#include <cstdint>

#include <weir/detail/blocking_job.hpp>
#include <weir/detail/job.hpp>
#include <weir/detail/operation.hpp>
#include <weir/report.hpp>

namespace weir::inline v0::detail {

class stop_state;
class root_list;

using time_point = std::chrono::steady_clock::time_point;

/// Where a task lives: it resumes there after every await (D5).
enum class home : unsigned { cpu, io };

class scheduler {
 public:
  /// The runtime's clock. Monotonic. Cost: one clock_gettime (real) or a load (virtual).
  [[nodiscard]] virtual time_point now() const noexcept = 0;

  /// Runs j's act(run) soon on the given home. Never fails, never allocates, never blocks; any thread.
  /// On the reactor: home::io joins this turn's ready list, home::cpu the batch that is pushed at the end of the turn.
  virtual void resume(job& j, home where) noexcept = 0;

  /// True when the calling thread is where `where` jobs of this scheduler run.
  [[nodiscard]] virtual bool on(home where) const noexcept = 0;

  /// Starts op; op.complete is called exactly once, on the reactor thread, never from inside start(). Any thread.
  virtual void start(operation& op) noexcept = 0;

  /// Asks op to end with -ECANCELED. Returns at once; a result that is already there wins. Any thread, any number of
  /// times from start() on, and beside or after complete() too as long as op lives: then it does nothing.
  virtual void cancel(operation& op) noexcept = 0;

  /// Runs j on the bounded pool of blocking threads. Never fails; waits in line when all threads are busy.
  virtual void run_blocking(blocking_job& j) noexcept = 0;
  /// Where j was. in_line: it has left that and will not act. outside: run_blocking(j) will cancel it, at
  /// once. taken: nothing has changed. Any thread, as long as j lives.
  [[nodiscard]] virtual blocking_job::place withdraw_blocking(blocking_job& /*j*/) noexcept {
    return blocking_job::place::taken;
  }
  /// A blocking call goes on without anybody who waits for it; and ends. For the stats.
  virtual void call_abandoned(bool /*begins*/) noexcept {}

  virtual void report(const weir::report& r) noexcept = 0;

  // Live tasks: the two ends of every spawned task are counted here (D9), so shutdown knows what it waits for.
  virtual void task_started() noexcept = 0;
  /// Counts the end, before anybody is told of it.
  virtual void task_ended(outcome how) noexcept = 0;
  /// Nothing of the task is left, and whoever waited has been told: it does not keep the runtime busy any more.
  virtual void task_left() noexcept {}

  /// As task_started(), for a task that begins a chain of its own. False: the runtime is closed, nothing was counted.
  [[nodiscard]] virtual bool admit_task() noexcept {
    task_started();
    return true;
  }

  /// The scope above all tasks, stopped when the runtime shuts down; null: there is none.
  [[nodiscard]] virtual stop_state* stop_root() noexcept { return nullptr; }

  /// Where tasks with a name that nobody awaits enter themselves; null: nobody asks.
  [[nodiscard]] virtual root_list* roots() noexcept { return nullptr; }

 protected:
  ~scheduler() = default;
};

}  // namespace weir::inline v0::detail
