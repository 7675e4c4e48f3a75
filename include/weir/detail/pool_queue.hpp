// weir/detail/pool_queue.hpp - the jobs of one thread_pool between submission and start.       [floor: roof]
//
//   submitters --admit--> bounded list, first in first out --serve--> at most `runners` jobs of the runtime
//
// Why a list of its own: pause, purge and wait concern the pool's jobs only, starts are strictly in order, and room is
// free again the moment a job leaves, however it leaves. A runner is a job of the engine that takes one job after the
// other; it stands in the engine's queues past admission, so the pool's bound is the only one.
// Threads     everything from any thread. One short lock per transition; user code never runs under it.
// Invariants  P1  attempted == queued + running + ended whenever no job is changing hands between a runner and a waiter
//             P2  a job leaves the list exactly once: to a runner, a purge, a waiter that runs it, or a cancel
//             P3  not paused and queued > 0  =>  a runner is active, or min(runners, jobs) of them are
//             P4  queued <= capacity + the delayed jobs that have come due
#pragma once

#include <weir/detail/delayed.hpp>
#include <weir/detail/executor_core.hpp>
#include <weir/detail/job.hpp>
#include <weir/error.hpp>
#include <weir/thread_pool_options.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace weir::inline v0::detail {

class pool_queue;

/// What a job needs to stand in the list; also the hook of submitted<>: a waiter that claims it takes it out.
struct pool_place {
  static constexpr bool counts = true;
  bool begin_in_place() noexcept;
  void end_in_place(outcome how) noexcept;
  bool cancel_in_place() noexcept;

  job* self = nullptr;
  pool_queue* queue = nullptr;
  pool_place* prev = nullptr;
  pool_place* next = nullptr;
  bool linked = false;
};

class pool_queue {
 public:
  pool_queue(executor_core& engine, unsigned runners, std::size_t capacity, on_full policy);
  pool_queue(const pool_queue&) = delete;
  pool_queue& operator=(const pool_queue&) = delete;
  ~pool_queue();

  /// Admits n jobs in their order, or none: then they have been ended as cancelled, and this throws queue_full or
  /// runtime_closed. Under on_full::wait blocks for room (not on the pool's workers), under run_inline runs what finds
  /// no room.
  void admit(pool_place* const* places, std::size_t n);
  /// Puts a delayed job that has come due at the end of the line, full or not: it has its memory already. An ending
  /// pool ends it as cancelled.
  void admit_due(pool_place& place) noexcept;
  /// Runs a call as one of the pool's jobs on the calling worker, past the list. False: paused, or ending.
  template <class F>
  bool run_here(F&& call) {
    if (!begin_here()) return false;
    try {
      call();
    } catch (const operation_cancelled&) {
      ended_here(outcome::cancelled);
      throw;
    } catch (...) {
      ended_here(outcome::failed);
      throw;
    }
    ended_here(outcome::ok);
    return true;
  }

  void pause();
  void unpause();
  [[nodiscard]] bool paused() const;
  /// Ends every queued job as cancelled; how many. The room is free when it returns.
  std::size_t purge();
  /// Until nothing runs and, unless paused, nothing is queued. False: the deadline passed. Throws would_deadlock.
  bool wait(std::chrono::steady_clock::time_point deadline);
  /// From now on no delayed job enters and no periodic one runs. Unpauses.
  void begin_end();
  [[nodiscard]] thread_pool_stats stats() const;

 private:
  friend struct pool_place;
  struct runner : job {
    runner() noexcept : job{&act_on, "thread_pool"} {}
    static outcome act_on(job* j, action what) noexcept;
    pool_queue* queue = nullptr;
  };
  bool begin_here();
  void ended_here(outcome how) noexcept;
  void serve(runner& r) noexcept;
  void link(pool_place& p) noexcept;
  void unlink(pool_place& p) noexcept;
  [[nodiscard]] pool_place* take_all() noexcept;
  std::size_t cancel_all(pool_place* first) noexcept;
  void run_inline(pool_place& p) noexcept;
  bool wake_runners(std::unique_lock<std::mutex>& lock) noexcept;
  [[noreturn]] static void refuse_all(pool_place* const* places, std::size_t n, admission why);
  [[nodiscard]] admission may_enter(std::size_t n) const noexcept;
  void count(outcome how) noexcept;
  void job_ended(outcome how) noexcept;
  void tell() noexcept;
  void room_made() noexcept;
  [[nodiscard]] bool quiet() const noexcept { return running_ == 0 && (queued_ == 0 || paused_); }

  executor_core& engine_;
  const std::size_t capacity_;
  const on_full policy_;

  mutable std::mutex mutex_;
  std::condition_variable room_, quiet_;
  pool_place* first_ = nullptr;
  pool_place* last_ = nullptr;
  std::size_t queued_ = 0, running_ = 0, high_water_ = 0;
  std::size_t waiting_for_room_ = 0, waiting_for_quiet_ = 0;
  bool paused_ = false, ending_ = false;
  std::uint64_t attempted_ = 0, ok_ = 0, failed_ = 0, cancelled_ = 0, rejected_ = 0;
  std::vector<runner> runners_;
  std::vector<runner*> resting_;  // those that are not active; never reallocates
};

/// A delayed job that stands in the pool's list from the moment when it is due.
template <class F>
class delayed_in_pool final : public delayed_call<F>, public due_target {
 public:
  template <class G>
  delayed_in_pool(pool_queue& queue, std::chrono::nanoseconds delay, G&& fn)
      : delayed_call<F>{delay, std::chrono::nanoseconds{0}, std::forward<G>(fn)}, queue_{queue} {
    place_.self = this;
  }

 private:
  admission submit_due(job& j) noexcept override {
    static_cast<void>(j);  // it is *this
    return queue_.admit_due(place_), admission::accepted;
  }

  pool_queue& queue_;
  pool_place place_;
};

}  // namespace weir::inline v0::detail
