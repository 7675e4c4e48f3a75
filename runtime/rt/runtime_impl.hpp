// rt/runtime_impl.hpp - the parts of a runtime, put together.                                  [floor: rt]
//
//   report_hub <- engine (workers) <- cpu_executor          built in this order, ended in the reverse one:
//              <- reactor                                   the reactor goes last, it serves everybody else's end
//              <- blocking_pool
//
// This is the scheduler that tasks see. A resumption goes where its task lives: from a worker to its own deque, from
// the reactor into the turn's batch for the workers, from anywhere else through the inbox or the reactor's mailbox.
#pragma once

#include <weir/detail/root_list.hpp>
#include <weir/detail/scheduler.hpp>
#include <weir/detail/stop_state.hpp>
#include <weir/runtime.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/report_hub.hpp"
#include "cpu/engine.hpp"
#include "io/reactor.hpp"
#include "job/report_writer.hpp"
#include "rt/blocking_pool.hpp"
#include "rt/cpu_executor.hpp"
#include "rt/delayed_set.hpp"
#include "rt/start_gate.hpp"
#include "rt/task_count.hpp"
#include "sync/entrance.hpp"
#include "trace/counter_source.hpp"
#include "trace/recorder.hpp"

namespace weir::inline v0::detail {

class runtime_impl final : public scheduler {
 public:
  runtime_impl(runtime& facade, const runtime_options& options);

  /// The facade is whole too: the workers' hooks may be called.
  void open_hooks() { hooks_.open(); }

  // scheduler
  [[nodiscard]] time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
  void resume(job& j, home where) noexcept override;
  [[nodiscard]] bool on(home where) const noexcept override;
  void start(operation& op) noexcept override { reactor_.start(op); }
  void cancel(operation& op) noexcept override { reactor_.cancel(op); }
  void run_blocking(blocking_job& j) noexcept override { blocking_.run(j); }
  blocking_job::place withdraw_blocking(blocking_job& j) noexcept override { return blocking_.withdraw(j); }
  void call_abandoned(bool begins) noexcept override { blocking_.abandoned(begins); }
  void report(const weir::report& r) noexcept override { reports_.report(r); }
  void task_started() noexcept override { tasks_.started(); }
  void task_ended(outcome how) noexcept override { tasks_.ended(how); }
  void task_left() noexcept override { tasks_.left(); }
  [[nodiscard]] bool admit_task() noexcept override;
  [[nodiscard]] stop_state* stop_root() noexcept override { return &stop_all_; }
  [[nodiscard]] root_list* roots() noexcept override { return &named_; }

  [[nodiscard]] executor cpu() noexcept { return executor{cpu_}; }
  [[nodiscard]] runtime& facade() const noexcept { return facade_; }

  /// True when everything submitted has ended and no task is live.
  bool wait_idle(time_point deadline);
  /// Callers at the same time work on the same end: the strictest of their modes and deadlines holds.
  shutdown_report shutdown(shutdown_mode mode, time_point deadline);
  /// The destructor's way: runnable work is finished, what only waits is cancelled.
  void finish_and_stop() noexcept;
  [[nodiscard]] runtime_stats stats() const;
  [[nodiscard]] bool is_own_thread() const noexcept;

  report_writer writer;

 private:
  static void tell_counters(const void* self);  // to a trace
  static cpu::engine_options engine_options_of(runtime_impl& self, const runtime_options& options);
  static rt::blocking_pool_options blocking_options_of(runtime_impl& self, const runtime_options& options);
  static io::reactor_options reactor_options_of(runtime_impl& self, const runtime_options& options);
  void close_admission();
  void cancel_rest();
  void wait_for_the_last();
  void end_by(shutdown_mode mode, time_point deadline);
  [[nodiscard]] shutdown_report lead_shutdown(shutdown_mode mode, time_point deadline);
  [[nodiscard]] bool nothing_runnable() const noexcept;
  void stop_threads() noexcept;

  runtime& facade_;
  base::report_hub reports_;
  tracing::runtime_scope trace_;  // WEIR_TRACE is written when all threads below are gone
  stop_state stop_all_;
  task_count tasks_;
  root_list named_;
  delayed_set delayed_;
  io::reactor reactor_;
  start_gate hooks_;  // the workers' hooks wait for it
  cpu::engine workers_;
  start_gate::failure hooks_let_go_{hooks_};
  rt::blocking_pool blocking_;
  cpu_executor cpu_;

  sync::entrance tasks_open_;

  // The first caller of shutdown() leads: it closes, waits, ends the threads and writes the report. Those that come
  // meanwhile only wait by their own mode and deadline, cancelling when these say so, and then for the report.
  std::mutex shutdown_mutex_;
  std::condition_variable shutdown_over_;
  bool shutdown_led_ = false;
  std::optional<shutdown_report> shut_;
  sync::atomic<bool> overdue_{false};  // a deadline passed
  const std::chrono::nanoseconds destructor_grace_;
  tracing::counter_source counters_{this, &tell_counters};
};

}  // namespace weir::inline v0::detail
