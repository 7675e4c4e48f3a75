// io/reactor.hpp - the one thread that waits for the world.                                    [floor: io]
//
//   any thread --start, cancel, resume_io--> four mailboxes ---+
//                                                              v
//   turn:  wait -> harvest -> mailboxes -> due timers -> run continuations (budget) -> mailboxes -> flush the batch
//                                                              |                                        |
//                                                    tasks that live on the reactor       tasks that live on the arena
// Budget      64 continuations or 1 ms, then the world is looked at again; what is left runs in the next turn.
// Hand-over   resume_cpu() collects; flush() hands the whole turn's batch over in one call.
// Sleep       Before a wait that may block, sleep is announced in all mailboxes but that of the timers; if one is not
//             empty, the wait does not block. A push that finds the announcement wakes the backend
//             (sync/mpsc_stack.hpp): one system call per sleep and mailbox at most, none while the reactor runs.
// Timers      A timer that is due no earlier than the reactor looks again anyway goes into a mailbox of its own, which
//             wakes nobody (sync/wake_time.hpp): a million armed one after the other cost a few wake-ups. None may
//             wait like that while a cancelled operation is still expected.
// Shutdown    stop() sends a message; from then on every operation ends with -ECANCELED, and the thread ends when
//             nothing is live, ready or in a mailbox. What arrives later is cancelled by the thread that calls stop().
// Invariants  I1  submitted == completed + cancelled + live, at every quiet point
//             I2  complete() and continuations run on the reactor thread only (after stop(): on the stopping thread)
#pragma once

#include <weir/detail/scheduler.hpp>

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "base/histogram.hpp"
#include "base/os_thread.hpp"
#include "io/backend.hpp"
#include "io/operation_set.hpp"
#include "sync/mpsc_stack.hpp"
#include "sync/wake_time.hpp"

namespace weir::inline v0::io {

/// The system's monotonic clock.
[[nodiscard]] detail::time_point system_now() noexcept;

struct reactor_options {
  std::unique_ptr<backend> readiness;  ///< null: epoll
  syscalls* calls = nullptr;           ///< null: the kernel
  detail::time_point (*now)() noexcept = &system_now;
  /// Takes a chain of `count` jobs, linked by next in the order they became ready. Called at most once per turn.
  void (*flush)(void* arena, detail::job* chain, std::size_t count) noexcept = nullptr;
  void* arena = nullptr;
  detail::scheduler* sched = nullptr;  ///< what this_thread_context().sched says on the reactor thread
  report_sink on_report{};
  std::chrono::nanoseconds slow_continuation = std::chrono::milliseconds{50};
  std::string thread_name = "weir-io";
  std::function<void()> on_thread_start{};
  std::function<void()> on_thread_stop{};
  base::os_thread::create_fn create_thread = &pthread_create;
};

struct reactor_stats {
  std::uint64_t submitted, completed, cancelled;
  std::uint64_t timers_armed;  ///< those on their way to the reactor included
  std::uint64_t operations_waiting;
  std::uint64_t turns, sleeps;
  std::uint64_t wakes_sent;    ///< system calls made to wake the reactor
  std::uint64_t wakes_needed;  ///< waits that such a call ended with something in a mailbox
  std::uint64_t continuations, slow_continuations, batches_flushed, jobs_flushed;
  std::uint64_t lag_p50_ns, lag_p99_ns, lag_max_ns;  ///< how late the reactor looked at the world
  std::uint64_t continuation_p50_ns, continuation_p99_ns, continuation_max_ns;
};

class reactor {
 public:
  /// Starts the thread. Throws std::system_error when the backend or the thread cannot be had; nothing is leaked then.
  explicit reactor(reactor_options options);
  /// stop().
  ~reactor();

  /// op.complete(op) will be called exactly once on the reactor thread, never from inside. Any thread.
  void start(detail::operation& op) noexcept;
  /// Any thread, between start() and complete().
  void cancel(detail::operation& op) noexcept;
  /// Runs j on the reactor thread. Any thread.
  void resume_io(detail::job& j) noexcept;
  /// Puts j into this turn's batch for the arena. Reactor thread only.
  void resume_cpu(detail::job& j) noexcept;

  [[nodiscard]] bool on_reactor_thread() const noexcept;
  /// A hint: the thread sleeps, or is about to, nothing that it must look at waits in a mailbox, and no timer is due.
  /// Any thread.
  [[nodiscard]] bool idle() const noexcept {
    return submits_.asleep() && cancels_.asleep() && jobs_.asleep() &&
           since_epoch(options_.now()) < wake_time_.announced();
  }

  /// Cancels every operation, runs what that makes ready, ends and joins the thread. Idempotent; one caller at a time.
  /// Terminates the program with a message when called on the reactor thread.
  void stop() noexcept;

  [[nodiscard]] reactor_stats stats() const noexcept;
  [[nodiscard]] const base::histogram& lag() const noexcept { return lag_; }
  [[nodiscard]] const base::histogram& continuations() const noexcept { return continuation_; }

 private:
  static constexpr std::int64_t everything_is_urgent = std::numeric_limits<std::int64_t>::max();

  struct job_chain {
    detail::job* first = nullptr;
    detail::job* last = nullptr;
    std::size_t size = 0;

    void push(detail::job& j) noexcept;
    detail::job& pop() noexcept;
  };
  struct stop_message : detail::job {
    explicit stop_message(reactor& whose) noexcept;
    reactor& owner;
  };

  // What a turn says of itself while it is traced.
  struct turn_trace {
    bool any = false;  // something happened
    std::uint64_t lag_ns = 0, ran_ns = 0, harvested = 0, continuations = 0;
    std::uint64_t cpu_ns = 0;  // of the thread, at the last turn that was traced
  };

  // A push may end, by its effects, the owner's reason to keep the reactor, before the pusher has sent its wake-up.
  // stop() therefore waits for the callers that are still inside.
  class visit {
   public:
    explicit visit(std::atomic<std::uint32_t>& visitors) noexcept : visitors_{visitors} {
      visitors_.fetch_add(1, std::memory_order_relaxed);  // before the push, which publishes it
    }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit() { visitors_.fetch_sub(1, std::memory_order_release); }  // pairs with stop()'s acquire

   private:
    std::atomic<std::uint32_t>& visitors_;
  };

  static void thread_main(void* self) noexcept;
  void run() noexcept;
  [[nodiscard]] static std::int64_t since_epoch(detail::time_point t) noexcept { return t.time_since_epoch().count(); }
  [[nodiscard]] bool start_later(detail::operation& op) noexcept;
  void wait_and_harvest() noexcept;
  [[nodiscard]] bool read_mailboxes() noexcept;
  void fire_timers() noexcept;
  void run_ready() noexcept;
  void flush_batch() noexcept;
  [[nodiscard]] bool finished() noexcept;
  [[nodiscard]] std::int64_t timeout() noexcept;
  void wait_failed(int error) noexcept;
  void trace_turn() noexcept;
  void report_slow(const char* name, std::chrono::nanoseconds took) noexcept;
  void drain_late() noexcept;
  void wake() noexcept;

  reactor_options options_;
  std::unique_ptr<backend> backend_;
  operation_set operations_;

  // The reactor thread's own.
  job_chain ready_;
  job_chain batch_;
  detail::time_point looked_{};  // when the last wait returned
  detail::time_point busy_until_{};
  std::uint64_t wait_failures_ = 0;
  bool stopping_ = false;
  turn_trace traced_;
  base::histogram lag_;
  base::histogram continuation_;
  std::atomic<std::uint64_t> turns_{0}, sleeps_{0}, wakes_needed_{0}, slow_{0}, flushes_{0}, flushed_{0};

  // Shared with every thread.
  alignas(64) sync::mpsc_stack<detail::operation, &detail::operation::submit_link> submits_;
  sync::mpsc_stack<detail::operation, &detail::operation::submit_link> later_;
  sync::wake_time wake_time_;
  std::atomic<std::uint64_t> sleeps_submitted_{0}, others_submitted_{0};
  std::atomic<std::uint32_t> visitors_{0};
  alignas(64) sync::mpsc_stack<detail::operation, &detail::operation::cancel_link> cancels_;
  std::atomic<std::uint64_t> wakes_sent_{0};
  alignas(64) sync::mpsc_stack<detail::job, &detail::job::next> jobs_;

  stop_message stop_message_{*this};
  base::os_thread thread_;
};

}  // namespace weir::inline v0::io
