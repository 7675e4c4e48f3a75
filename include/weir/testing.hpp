// weir/testing.hpp - a runtime for tests: one thread, a virtual clock, a seeded order.         [floor: roof]
//
//   weir::testing::manual_runtime rt;
//   int n = rt.block_on(answer());        // "200 calls of 50 ms at 20" takes microseconds and is exact
//
// Implements detail::scheduler: what runs under it is the same task code as under the real runtime (D8). Worker,
// reactor and blocking jobs all run on the calling thread, inside block_on, run_until_idle and advance. Time moves only
// there: in block_on the clock jumps to the next timer whenever nothing is runnable, advance(d) moves it by d.
//
// Turn        1 all timers that are due and all cancelled operations complete, 2 then ready jobs run, one by one, those
//             they make ready included; again 1. So what is ready at a deadline is seen before the deadline acts.
// Order       seed 0: first in, first out. Otherwise the next ready job is drawn from a generator with that seed: the
//             same seed gives the same order, different seeds explore different ones.
// Threads     Single-threaded: everything, also request_stop() on a token the tasks listen to, from the thread that
//             runs it; a call from another thread terminates with a message.
// Descriptors poll, read, ... operations complete with -ENOTSUP: there is no reactor here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/detail/root_task.hpp>
#include <weir/detail/scheduler.hpp>
#include <weir/observe.hpp>
#include <weir/place.hpp>
#include <weir/task.hpp>

namespace weir::inline v0::testing {

struct manual_options {
  std::uint64_t seed = 0;                         ///< 0: FIFO
  std::chrono::steady_clock::time_point start{};  ///< what now() says first
  std::vector<std::uint32_t> schedule{};  ///< not empty: the decisions, in place of a generator; after them 0. Each is
                                          ///< which of several ready jobs goes first, 0 being first in, first out
  bool record = false;                    ///< keeps the decisions for schedule()
  bool strict = false;                    ///< as runtime_options::strict
};

/// What the sink got, with its own memory.
struct recorded_report {
  report_kind kind;
  std::string name;
  std::string message;
};

/// The accounting of spawned tasks (D9).
struct task_counts {
  std::uint64_t started = 0, ok = 0, failed = 0, cancelled = 0;
};

class manual_runtime {
 public:
  explicit manual_runtime(const manual_options& options = {});
  /// Stops what is left, runs it to its end without moving the clock, and completes what still waits as cancelled.
  ~manual_runtime();
  manual_runtime(const manual_runtime&) = delete;
  manual_runtime& operator=(const manual_runtime&) = delete;

  /// Runs `t`, starting on home `where`, until it has ended; returns its result or throws what it threw.
  /// Errors  would_deadlock when it can never end: nothing is runnable and no timer is armed. The task is stopped
  ///         and run to its end first; if it ignores that, its frames stay until it ends by itself (visible in
  ///         detail::live_frames()). Also when called from inside this runtime's own loop.
  template <class T>
  T block_on(task<T> t, detail::home where = detail::home::cpu) {
    throw_if_inside();
    struct blocked : detail::root_task<T> {
      explicit blocked(task<T>&& work) : detail::root_task<T>{std::move(work), &ended} {}
      static void ended(detail::root_base& r) noexcept {
        auto& me = static_cast<blocked&>(r);
        if (me.abandoned)
          delete &me;  // nobody waits any more; it ended after all
        else
          finished(r);
      }
      bool abandoned = false;
    };
    auto root = std::make_unique<blocked>(std::move(t));
    root->start(scheduler(), where);
    if (!run_to_end(*root)) root.release()->abandoned = true;  // its frames cannot be destroyed while it hangs
    throw_if_stuck();
    return root->take();
  }

  /// Starts `t` without waiting for it; an exception it ends with is reported (unhandled_exception).
  void spawn(task<void> t, const char* name = nullptr, detail::home where = detail::home::cpu);

  /// Runs what is ready, and what becomes ready by that, without moving the clock. Returns the number of jobs run.
  std::size_t run_until_idle();

  /// Moves the clock by d, completing every timer on the way at its own time and running what it makes ready.
  std::size_t advance(std::chrono::nanoseconds d);

  /// Calls fn, which must not throw, inside the loop at that time; at once in the next turn if it has passed. Dropped
  /// when the runtime ends first. It counts as an armed timer.
  void call_at(std::chrono::steady_clock::time_point t, std::function<void()> fn);
  /// Expires with the runtime.
  [[nodiscard]] std::weak_ptr<const void> life() const noexcept;

  [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept;
  [[nodiscard]] std::size_t armed_timers() const noexcept;
  [[nodiscard]] task_counts tasks() const noexcept;
  /// The decisions so far, if they are recorded: replaying them gives the same run.
  [[nodiscard]] const std::vector<std::uint32_t>& schedule() const noexcept;
  /// Everything reported so far. What nobody has looked at when the runtime ends goes to stderr.
  [[nodiscard]] const std::vector<recorded_report>& reports() const noexcept;
  [[nodiscard]] std::size_t reports(report_kind kind) const noexcept;

  /// As runtime's: what is listed (observe.hpp), by the virtual clock. Of the runtime's own numbers: tasks, timers and
  /// reports.
  [[nodiscard]] snapshot observe() const;
  [[nodiscard]] std::string report();
  [[nodiscard]] std::string metrics() const { return to_open_metrics(observe()); }

  [[nodiscard]] detail::scheduler& scheduler() noexcept;

  /// The two homes as places (place.hpp).
  [[nodiscard]] place io() noexcept { return {scheduler(), detail::home::io}; }
  [[nodiscard]] place cpu() noexcept { return {scheduler(), detail::home::cpu}; }

 private:
  class engine;

  static void finished(detail::root_base& root) noexcept;
  bool run_to_end(detail::root_base& root);
  void throw_if_inside() const;
  void throw_if_stuck() const;

  std::unique_ptr<engine> engine_;
};

}  // namespace weir::inline v0::testing
