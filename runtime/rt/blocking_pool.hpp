// rt/blocking_pool.hpp - the threads that may block: bounded, elastic, off the arena.            [floor: rt]
//
//   run(job) --FIFO, intrusive--> idle thread, or a new one while fewer than max_threads live, or wait in line
// Threads     run, withdraw, set_max_threads, stats: any.  stop: one caller, not one of our threads.  One
//             mutex, never held while a job acts.
// Elastic     a thread is created when more jobs wait than threads are idle; it ends after `idle_time` without work.
// Refusal     The system refuses a thread: with others alive the job waits in line and the refusal is reported (once
//             until a creation succeeds again); with none alive the job is cancelled and the report says so.
// Live bound  Raised: threads are created for who waits. Lowered: surplus threads end when their call has,
//             or at once.
// Listed      as pool "blocking" (observe.hpp); a call that nobody waits for any more still occupies its
//             thread.
// Invariants  I1  each job given to run() acts exactly once, by one of our threads, or cancelled by run()
//                 or stop(), unless withdraw() took it out of the line. One withdrawn before it came is
//                 cancelled by run()
//             I2  submitted == ran + cancelled + queued + running, at every quiet point
//             I3  after stop() none of our threads is left
#pragma once

#include <weir/detail/listed.hpp>
#include <weir/detail/scheduler.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/histogram.hpp"
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
  std::uint64_t submitted, ran, cancelled, queued, queued_high_water;  ///< cancelled: withdrawn, too
  std::uint64_t running_high_water;
  std::uint64_t abandoned;  ///< run now, without anybody who waits for them
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
  void run(detail::blocking_job& j) noexcept;

  /// Where j was. in_line: it has been taken out and does not act. outside: run(j) cancels it.
  /// Requires  j lives.
  [[nodiscard]] detail::blocking_job::place withdraw(detail::blocking_job& j) noexcept;

  /// From now on. Requires  n >= 1.
  void set_max_threads(std::size_t n) noexcept;

  /// A call goes on without anybody who waits for it; and ends.
  void abandoned(bool begins) noexcept;
  /// True: there is no such call (any more).
  [[nodiscard]] bool wait_none_abandoned(std::chrono::steady_clock::time_point deadline);

  /// Cancels what waits in line; what runs goes on. The number of jobs cancelled.
  std::size_t cancel_queued() noexcept;

  /// Refuses new jobs, runs (drain) or cancels (discard) those in line, waits for those that run, joins the threads.
  /// Terminates the program with a message when called on one of the threads. Idempotent.
  void stop(stop_mode mode) noexcept;

  [[nodiscard]] blocking_stats stats() const noexcept;

 private:
  struct worker {
    enum class state : std::uint8_t { vacant, live, ended };
    worker(blocking_pool& of, unsigned number) noexcept : pool{&of}, slot{number} {}
    blocking_pool* const pool;
    const unsigned slot;
    std::unique_ptr<worker> before;  ///< the last one of this slot: code of the user's may still end with its thread
    base::os_thread thread;
    state is = state::vacant;
    bool surplus = false;  ///< it ends because there are too many
  };

  static void thread_main(void* self) noexcept;
  void work(worker& me) noexcept;
  [[nodiscard]] detail::blocking_job* next_job(worker& me, std::unique_lock<std::mutex>& hold) noexcept;
  [[nodiscard]] int add_thread() noexcept;
  [[nodiscard]] std::size_t serving() const noexcept { return count_.threads - leaving_; }
  void enqueue(detail::blocking_job& j) noexcept;
  void unlink(detail::blocking_job& j) noexcept;
  static void list(void* what, detail::listing& to);
  void report_refusal(int error, bool cancelled) noexcept;

  blocking_pool_options options_;
  struct times {
    base::histogram wait, hold;
  };
  const std::unique_ptr<times> times_ = std::make_unique<times>();

  mutable std::mutex mutex_;  ///< protects everything below
  std::condition_variable work_or_stop_, none_abandoned_;
  std::vector<std::unique_ptr<worker>> workers_;
  detail::blocking_job* first_ = nullptr;
  detail::blocking_job* last_ = nullptr;
  std::size_t max_threads_;
  std::size_t leaving_ = 0;  ///< surplus threads that have not ended yet
  blocking_stats count_{};
  bool refusal_reported_ = false;
  bool stopping_ = false;

  const detail::listed entry_{this, &list};
};

}  // namespace weir::inline v0::rt
