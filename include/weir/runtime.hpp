// weir/runtime.hpp - the runtime: workers, reactor, blocking threads, and their common life.    [floor: rt]
//
//   outside threads --post, submit--> bounded queue --> workers (one thread of ours, the others TBB's)
//   tasks on the reactor <--one batch per turn--> tasks on the workers;  blocking calls on threads of their own
//
// A runtime owns everything that it runs. It ends in one of three ways: shutdown(drain), shutdown(discard), or the
// destructor, which finishes what can run and cancels what only waits; all of them account for every job.
#pragma once

#include <weir/executor.hpp>
#include <weir/observe.hpp>
#include <weir/place.hpp>
#include <weir/report.hpp>
#include <weir/stats.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace weir::inline v0 {

namespace detail {
class runtime_impl;
class scheduler;
}  // namespace detail

/// What a submission does that finds the queue full.
enum class on_full : unsigned {
  wait,        ///< the submitting thread sleeps until there is room
  reject,      ///< queue_full is thrown
  run_inline,  ///< the submitting thread runs the work itself
};

/// What the reactor waits with. io_uring is not there yet: asking for it is an error, automatic is epoll.
enum class io_backend : unsigned { automatic, epoll, io_uring };

struct runtime_options {
  unsigned threads = 0;                ///< workers; 0: WEIR_THREADS, else the processors affinity and cgroups leave us
  std::size_t queue_capacity = 65536;  ///< jobs queued or running that came from outside; at least 1. The high and
                                       ///< low lanes have a quarter of it each, on top
  weir::on_full on_full = weir::on_full::wait;
  unsigned blocking_threads = 16;    ///< at most this many threads for blocking calls; started when needed
  std::string thread_name = "weir";  ///< threads are called NAME-0 (anchor), NAME-io, NAME-blk-N
  std::function<void(unsigned)> on_thread_start{};  ///< on a worker's thread when it begins to serve this runtime;
                                                    ///< current() is the whole runtime, even in the first call
  std::function<void(unsigned)> on_thread_stop{};   ///< and when it goes; in pairs, many times for TBB's threads
  report_sink on_report{};                          ///< empty: one line on stderr, at most ten a second
  bool strict = false;  ///< every report but `resource`, once delivered, aborts the process; WEIR_STRICT=1 sets it
  std::chrono::nanoseconds spin = std::chrono::microseconds{20};  ///< how long an idle worker looks before it sleeps
  weir::io_backend io_backend = weir::io_backend::automatic;
  std::chrono::nanoseconds slow_continuation = std::chrono::milliseconds{50};  ///< reported when the reactor is held
  std::chrono::nanoseconds destructor_grace = std::chrono::seconds{10};  ///< how long ~runtime() lets tasks run on
                                                                         ///< before it asks them to stop
};

enum class shutdown_mode : unsigned {
  drain,    ///< what has been accepted is run
  discard,  ///< what has not started is cancelled
};

/// What a shutdown did. attempts == ok + failed + cancelled + rejected holds for the counts in stats() afterwards.
struct shutdown_report {
  bool in_time = true;                  ///< everything ended before the deadline
  std::uint64_t finished = 0;           ///< jobs that ran to their end during the shutdown
  std::uint64_t cancelled = 0;          ///< jobs that were cancelled by it
  std::uint64_t delayed_cancelled = 0;  ///< post_after not handed in, post_every that will not run again
  std::uint64_t tasks_cancelled = 0;    ///< coroutines that were waiting and were asked to stop
};

class runtime {
 public:
  /// Starts the threads.
  /// Errors    std::invalid_argument naming the option; std::system_error when threads cannot be created; then nothing
  ///           is left behind
  explicit runtime(const runtime_options& options = {});

  /// Finishes the jobs, and those that they submit. Then tasks may run on while any of them is runnable, for at most
  /// runtime_options::destructor_grace; those that then still wait or run are asked to stop (an await that waits, or
  /// checkpoint(), throws operation_cancelled), reported, and waited for; then the threads are joined. What it cannot
  /// end is work that looks at nothing: a job or task that never returns, a job that always submits its successor.
  /// Destroying a runtime from one of its own threads terminates the process with a message that says so.
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  /// Where work is handed in.
  [[nodiscard]] executor cpu() noexcept;

  /// The reactor, for tasks: spawn(rt.io(), task), co_await resume_on(rt.io()). Plain functions do not run there.
  [[nodiscard]] place io() noexcept { return {scheduler(), detail::home::io}; }

  /// Blocks until every job submitted so far, and every job these submitted, has ended and every spawned task is done.
  /// A delayed job is submitted when its time has come: this does not wait for that.
  /// Errors    would_deadlock on the runtime's own threads
  void wait_idle();
  /// The same with a limit; false: the time ran out.
  [[nodiscard]] bool wait_idle_for(std::chrono::nanoseconds limit);

  /// Ends the runtime's life in order: no admission, then drain or discard until the deadline, then cancellation of
  /// what is left, then the threads. Work that runs is never abandoned: shutdown returns when it has ended. Idempotent.
  /// A call while another one is under way strengthens that one: discard wins over drain, the earlier deadline over the
  /// later one. Both return when the runtime has ended, with the same report.
  /// Errors    would_deadlock on the runtime's own threads
  shutdown_report shutdown(shutdown_mode mode = shutdown_mode::drain,
                           std::chrono::nanoseconds deadline = std::chrono::nanoseconds::max());

  /// Runs a task to its end and gives its result; see block_on() and spawn() in spawn.hpp.
  template <class Task>
  auto block_on(Task work) {
    return run_to_end(*this, std::move(work));  // comes with task.hpp: this floor knows no coroutines
  }

  /// A consistent enough picture: every number is exact at a quiet point.
  [[nodiscard]] runtime_stats stats() const;

  /// The same and everything that is listed (observe.hpp); as a table for people, with the rates since the last call
  /// of report(); as OpenMetrics text.
  [[nodiscard]] snapshot observe() const;
  [[nodiscard]] std::string report();
  [[nodiscard]] std::string metrics() const { return to_open_metrics(observe()); }

  /// The runtime whose worker, reactor or blocking thread calls; null elsewhere.
  [[nodiscard]] static runtime* current() noexcept;

  [[nodiscard]] detail::scheduler& scheduler() noexcept;

 private:
  void refuse_own_threads(const char* what) const;

  std::unique_ptr<detail::runtime_impl> impl_;
};

}  // namespace weir::inline v0
