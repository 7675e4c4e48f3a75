// weir/detail/fork_group.hpp - the part of a fork that does not know its children's types.        [floor: coro]
//
//   parent --co_await fork(a, b, c)--> fork_group, in the parent's frame
//     fork_run (on the stack): start a; it ends and returns; start b; ...      the rest, "b, c", is stealable meanwhile
//
// Children are started by a direct call from the parent's await_suspend. One that ends without having suspended
// destroys its own frame and returns; when all have, the parent simply goes on: no queue, no trampoline, no counter.
// What breaks this idyll:
//   a thief      takes the rest and runs it in a fork_run of its own (detail/branches.hpp); whoever ends last resumes
//   suspension   Before a child suspends for anything but a fork it leaves the runs on its stack (promise_base::
//                stand_alone): each queues its rest, counts down, and its parent counts as suspended. Then every
//                resume() on the stack returns up to the resume_loop, and parents are resumed like any other task.
//   depth        Runs nest on the stack up to a fixed number of bytes (loop_stack_limit()). A deeper fork leaves all
//                runs and starts its first child from the resume_loop: a million nested forks take 24 KiB.
//
// Threads     A run belongs to one thread. The group's fields are the starter's of its children (`next` goes with the
//             rest) but for left, failed and error: any child.
// Failure     The first exception, in time, is kept and thrown by the await, after all children have ended; later
//             ones are reported. Siblings are not stopped.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>

#include <weir/detail/branch.hpp>
#include <weir/detail/fork_run.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/task_trace.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/task.hpp>

namespace weir::inline v0::detail {

void run_fork_branch(branch& b, action what) noexcept;

/// Makes child i and runs it: in `run`, or, if that is null, from the resume_loop. Throws what making it throws.
struct fork_type : branch_type {
  using start_fn = void (*)(fork_group&, std::uint32_t i, fork_run* run);
  explicit constexpr fork_type(start_fn fn) noexcept : branch_type{&run_fork_branch}, start{fn} {}
  start_fn start;
};

class fork_group : public branch, private task_owner, private job {
 public:
  // For detail/branches.hpp.
  std::atomic<std::uint32_t> left;
  std::uint16_t next = 0;
  const std::uint16_t count;

 protected:
  fork_group(std::uint16_t children, const fork_type& t) noexcept
      : branch{t}, task_owner{&child_ended}, job{unqueued{}}, left{children}, count{children} {}
  fork_group(const fork_group&) = delete;
  fork_group& operator=(const fork_group&) = delete;
  ~fork_group() {}  // NOLINT(modernize-use-equals-default): error_ has ended in rethrow(), if it ever began

  // await_suspend() is  nests() ? waits(run, the children in order, each by one(), until it does not say `next`)
  //                             : begin_slowly()

  /// The parent awaits this. True: its children can run on this stack, in a fork_run under its own.
  [[nodiscard]] bool nests(promise_base& parent) noexcept {
    parent_ = &parent;
    const fork_run* const up = parent.run;
    return up != nullptr && reinterpret_cast<std::uintptr_t>(&up) >= up->stack_limit;
  }
  /// Instead: no run around us, or no room for another one. Gives what await_suspend() does.
  [[nodiscard]] bool begin_slowly() noexcept;

  /// What a child's turn leaves to do.
  enum class turn : unsigned { next, all_ended, suspended, stolen };

  /// The next child of the run, made and run by make(); more: it is not the last one.
  template <class Make>
  [[nodiscard, gnu::always_inline]] turn one(fork_run& run, bool more, Make make) noexcept {
    if (more) run.show();
    try {
      make();
    } catch (...) {
      not_made();
    }
    if (run.left) [[unlikely]]
      return turn::suspended;
    if (run.again(more)) return turn::next;
    return more ? turn::stolen : turn::all_ended;
  }

  /// After the last turn of the parent's own run. False: all have ended, the parent goes on. True: it is suspended, and
  /// may be gone already.
  [[nodiscard]] bool waits(fork_run& run, turn last) noexcept {
    if (last == turn::all_ended) [[likely]]
      return false;
    return last == turn::suspended || !ends(run);
  }

  /// Throws the first failure.
  void end() {
    if (failed_.load(std::memory_order_relaxed)) [[unlikely]]  // count_down() has made it visible
      rethrow();
  }

  /// What start_fn does with the child it has made; its result goes to `result`.
  template <class T>
  void launch(task_frame<T> child, result_slot<T>& result, fork_run* run) {
    task_promise_type<T>& promise = child.promise();
    promise.start_for(*this, parent_->env);
    promise.deliver_to(result);
    promise.run = run;
    const auto handle = child.release();
    if (run != nullptr) return handle.resume();
    trace_spawn(promise, parent_, this);
    promise.trace_goes_on();
    resume_next(handle);
  }

 private:
  friend fork_run;
  friend void leave_fork_runs(promise_base& suspending) noexcept;
  friend void trace_leaving(promise_base& child, const fork_run& run) noexcept;
  friend void fork_child_failed(promise_base& child) noexcept;
  friend void run_fork_branch(branch& b, action what) noexcept;

  bool begin_first() noexcept;
  bool begin_deep() noexcept;
  [[nodiscard]] bool go(fork_run& run) noexcept;
  [[nodiscard]] bool ends(fork_run& run) noexcept;
  void not_made() noexcept;
  void fail(std::exception_ptr error) noexcept;
  void queue_rest() noexcept;
  void run_rest() noexcept;
  void resume_parent() noexcept;
  [[noreturn]] void rethrow();
  static outcome act_on_rest(job* j, action what) noexcept;
  static void child_ended(task_owner& self, promise_base& child) noexcept;

  std::atomic<bool> failed_{false};
  promise_base* parent_;
  union {
    std::exception_ptr error_;  ///< lives from fail() to rethrow(): most forks never look at it
  };
};

}  // namespace weir::inline v0::detail
