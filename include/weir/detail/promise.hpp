// weir/detail/promise.hpp - what every task's promise is, whatever its result.                 [floor: coro]
//
//   promise_base : job      act(run)    = resume me through the trampoline
//                           act(cancel) = the runtime is going away: request my stop, then resume me
//   environment             what a task inherits from the task that awaits it: runtime, stop state, context, home, lane
//   parent | owner          who is told when the task ends: the task awaiting it, or an object (a root, a group, ...)
//
// A chain of tasks awaiting each other runs on one thread at a time. A suspended task has exactly one resumption on its
// way: through the trampoline when it may go on at once on this thread, through scheduler::resume() otherwise. The
// second is how it returns to its home after every leaf await (D5), and how a parent whose child moved elsewhere does.
#pragma once

#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <source_location>

#include <weir/detail/frames.hpp>
#include <weir/detail/job.hpp>
#include <weir/detail/outcome.hpp>
#include <weir/detail/scheduler.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/detail/trace.hpp>

namespace weir::inline v0::detail {

class stop_state;
struct context_node;
class promise_base;
struct fork_run;

void leave_fork_runs(promise_base& suspending) noexcept;  // fork_group.hpp
void fork_child_failed(promise_base& child) noexcept;
void trace_task_waits(const promise_base& task, wait_cause why, const void* object) noexcept;  // task_trace.hpp
void trace_task_resumes(const promise_base& task, bool at_once) noexcept;

/// Told, instead of a parent, when a task has ended. done() may destroy the task's frame; it is the last touch.
struct task_owner {
  using done_fn = void (*)(task_owner&, promise_base&) noexcept;
  explicit task_owner(done_fn fn) noexcept : done{fn} {}
  done_fn done;
  promise_base* awaiting = nullptr;  ///< the task that is suspended until this owner's tasks have ended; null: none
};

/// What watches over leases that nobody should wait with: for something else than what is leased.
struct lease_watch {
  const char* name;
  std::atomic<std::uint64_t> foreign_awaits{0};  // statistics: relaxed, order nothing
};

/// Something a task holds (a limiter's permit), while it stays where the task's await put it: in the task's frame.
struct lease {
  const void* of = nullptr;  ///< the object it was taken from
  std::size_t amount = 0;
  promise_base* holder = nullptr;  ///< null: it has moved on, nobody knows where to
  lease* next = nullptr;
  lease_watch* watch = nullptr;  ///< not null: a leaf await of the holder is reported, once
  bool excused = false;          ///< the holder waits for what is leased

  void hold_in(promise_base& task) noexcept;
  void forget() noexcept;
  /// Sets `excused`, gives what it was.
  bool excuse(bool now) noexcept;
};

/// Leases with a watch that somebody holds, in this process: a hint, relaxed.
inline constinit std::atomic<std::size_t> watched_leases{0};
void check_leases(const promise_base& task) noexcept;

/// How much of `of` is held by `task` and by the tasks that wait for it to end (64 of them at most).
[[nodiscard]] std::size_t held_by(const promise_base& task, const void* of) noexcept;

/// No member has a default: a new task's are set when it is started, but for sched.
struct environment {
  scheduler* sched;  ///< null: the task has not been started
  stop_state* stop;  ///< of the innermost scope around the task; may be null
  const context_node* context;
  home where;
  std::uint8_t lane;
  bool muted;              ///< its root is not sampled by the trace
  std::uint8_t unused[2];  ///< without padding the copy per task is two aligned halves

  /// Of a task that nobody awaits: normal lane, no context.
  static environment of_root(scheduler& sched, stop_state* stop, home where) noexcept {
    return {.sched = &sched, .stop = stop, .context = nullptr, .where = where, .lane = 1, .muted = false, .unused = {}};
  }
};

class promise_base : public job {
 public:
  promise_base() noexcept : job{unqueued{}} {  // NOLINT(*-member-init): env is set when the task is started
    name = nullptr;
    env.sched = nullptr;
  }
  promise_base(const promise_base&) = delete;
  promise_base& operator=(const promise_base&) = delete;

  static void* operator new(std::size_t size) { return frame_allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { frame_release(frame, size); }

  std::suspend_always initial_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept {
    error = std::current_exception();
    if (run != nullptr) fork_child_failed(*this);
  }

  /// Takes over an environment and who to tell, before the first resumption.
  void start_under(promise_base& awaiting) noexcept { adopt(awaiting.env), parent = &awaiting; }
  void start_for(task_owner& told, const environment& e) noexcept { adopt(e), owner = &told; }

  /// Before the task suspends for anything but a fork: nothing on this stack waits for it any more (fork_group.hpp).
  void stand_alone() noexcept {
    // NOLINTNEXTLINE(clang-analyzer-core.*): the analyzer does not see that a coroutine's promise was constructed
    if (run != nullptr) [[unlikely]]
      leave_fork_runs(*this);
  }

  /// Resumes the suspended task at its home, through the scheduler. The frame may be gone when this returns.
  void wake() noexcept;

  /// As wake(), but at once when this thread already runs at the task's home. Only from a suspending coroutine of
  /// `from`'s chain, on from's thread.
  void pass_on(const promise_base& from) noexcept;

  /// For a leaf await that need not wait: goes on at once, or, when the task's turn is over, as by checkpoint().
  void go_on() noexcept;

  /// Before every leaf await of the task suspends.
  void about_to_wait() const noexcept {
    if (watched_leases.load(std::memory_order_relaxed) != 0) [[unlikely]]
      check_leases(*this);
  }

  [[nodiscard]] bool started() const noexcept { return env.sched != nullptr; }
  [[nodiscard]] const char* task_name() const noexcept { return name != nullptr ? name : site.function_name(); }
  [[nodiscard]] std::uint64_t id() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }

  // For traces (task_trace.hpp), where the awaiter does not know what a task is.
  void trace_wait(wait_cause why, const void* object) const noexcept {
    if (traced(event::suspend)) [[unlikely]]
      trace_task_waits(*this, why, object);
  }
  void trace_goes_on() const noexcept {
    if (traced(event::resume)) [[unlikely]]
      trace_task_resumes(*this, true);
  }

  environment env;
  std::coroutine_handle<> self;
  promise_base* parent = nullptr;
  task_owner* owner = nullptr;
  fork_run* run = nullptr;  ///< a forked child: the loop on this stack that runs it and waits for its return
  std::exception_ptr error;
  std::source_location site;  ///< the coroutine that this is
  lease* leases = nullptr;    ///< what is held in this frame
  mutable spin_lock leases_lock;

 private:
  void adopt(const environment& e) noexcept { env = e; }
  static outcome act_resume(job* j, action what) noexcept;
};

/// The runtime is going away: stops the outermost scope around p.
void request_shutdown_stop(const promise_base& p) noexcept;

/// Tells whoever waits for p that it has ended.
void task_ended(promise_base& p) noexcept;

/// Ends a task: its parent or owner goes on. Deliberately no symmetric transfer (trampoline.hpp). A forked child that
/// ends on the stack it was started on does not suspend: its frame goes, and it returns to the loop that runs it.
class final_awaiter {
 public:
  explicit final_awaiter(bool returns) noexcept : returns_{returns} {}
  bool await_ready() const noexcept { return returns_; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) const noexcept {
    task_ended(h.promise());
  }
  void await_resume() const noexcept {}

 private:
  bool returns_;
};

/// What our awaiters accept: they can suspend weir's tasks only, whose home, clock and stop state they need.
template <class P>
concept task_promise = std::derived_from<P, promise_base>;

/// Marks awaitables that never leave the awaiting task suspended, and forks, which look after that themselves.
template <class A>
concept keeps_the_stack = requires { typename std::remove_cvref_t<A>::keeps_the_stack; };

/// Marks types that a task awaits as they are; everything else is awaited through foreign.hpp.
template <class A>
concept weir_awaitable = requires { typename std::remove_cvref_t<A>::weir_awaitable; };

/// Counts a task that was destroyed unstarted and reports it, through this thread's runtime if it has one, otherwise as
/// a line on stderr.
[[noreturn]] void throw_empty_task();
void report_never_awaited(const promise_base& p) noexcept;
/// How many so far in this process.
[[nodiscard]] std::uint64_t never_awaited_tasks() noexcept;

}  // namespace weir::inline v0::detail
