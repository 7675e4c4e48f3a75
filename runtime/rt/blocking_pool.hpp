// rt/blocking_pool.hpp - the threads that may block: bounded, elastic, off the arena.            [floor: rt]
//
//   run(job) --FIFO, intrusive--> idle thread, or a new one while fewer than max_threads live, or wait in line
// Threads     run, stats: any.  stop: one caller, not one of our threads.  One mutex, never held while a job acts.
// Elastic     a thread is created when more jobs wait than threads are idle; it ends after `idle_time` without work.
// Refusal     The system refuses a thread: with others alive the job waits in line and the refusal is reported (once
//             until a creation succeeds again); with none alive the job is cancelled and the report says so.
// Invariants  I1  each job given to run() acts exactly once: run by one of our threads, or cancelled by run() or stop()
//             I2  submitted == ran + cancelled + queued + running, at every quiet point
//             I3  after stop() none of our threads is left
#pragma once

#include <weir/detail/scheduler.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/os_thread.hpp"

namespace weir::inline v0::rt {

struct blocking_pool_options {
  unsigned max_threads = 64;  ///< at least 1
  std::chrono::nanoseconds idle_time = std::chrono::seconds{10};
  std::string thread_name = "weir-blk";  ///< a thread is called <thread_name>-<number of its slot>
  detail::scheduler* sched = nullptr;    ///< what this_thread_context().sched says on our threads
  report_sink on_report{};
  std::function<void()> on_thread_start{};
  std::function<void()> on_thread_stop{};
  base::os_thread::create_fn create_thread = &pthread_create;
};

struct blocking_stats {
  std::uint64_t submitted, ran, cancelled, queued, queued_high_water;
  std::uint64_t threads, idle_threads, threads_high_water, threads_started, threads_refused;
};

class blocking_pool {
 public:
  enum class stop_mode : std::uint8_t { drain, discard };

  /// Starts no thread. Throws std::invalid_argument when max_threads is 0.
  explicit blocking_pool(blocking_pool_options options);
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;
  /// stop(discard).
  ~blocking_pool();

  /// Runs j on one of the threads, in its turn. Never fails and never blocks; after stop() has begun, or when there is
  /// no thread and none can be had, j is cancelled before this returns. Cost: a lock, and a thread when one is missing.
  void run(detail::job& j) noexcept;

  /// Cancels what waits in line; what runs goes on. The number of jobs cancelled.
  std::size_t cancel_queued() noexcept;

  /// Refuses new jobs, runs (drain) or cancels (discard) those in line, waits for those that run, joins the threads.
  /// Terminates the program with a message when called on one of the threads. Idempotent.
  void stop(stop_mode mode) noexcept;

  [[nodiscard]] blocking_stats stats() const noexcept;

 private:
  struct worker {
    enum class state : std::uint8_t { vacant, live, ended };
    blocking_pool* pool = nullptr;
    base::os_thread thread;
    state is = state::vacant;
    unsigned slot = 0;
  };

  static void thread_main(void* self) noexcept;
  void work(worker& me) noexcept;
  [[nodiscard]] detail::job* next_job(std::unique_lock<std::mutex>& hold) noexcept;
  [[nodiscard]] int add_thread() noexcept;
  void report_refusal(int error, bool cancelled) noexcept;

  blocking_pool_options options_;
  std::unique_ptr<worker[]> workers_;

  mutable std::mutex mutex_;
  std::condition_variable work_or_stop_;
  detail::job* first_ = nullptr;
  detail::job* last_ = nullptr;
  blocking_stats count_{};
  bool refusal_reported_ = false;
  bool stopping_ = false;
};

}  // namespace weir::inline v0::rt
