// weir/detail/root_task.hpp - a task that nobody awaits: where a chain of tasks begins.        [floor: coro]
//
// Made by block_on, spawn and their like: it lends the task an environment, counts it (D9) and calls back once when the
// task has ended. It owns the task's frame and lives until then, wherever its maker puts it: on the stack of a blocked
// caller, beside a promise, on the heap.
#pragma once

#include <utility>

#include <weir/detail/root_list.hpp>
#include <weir/detail/stop_state.hpp>
#include <weir/task.hpp>

namespace weir::inline v0::detail {

class root_base : private task_owner {
 public:
  /// Called on the thread that ended the task, after the task was counted as ended; may destroy the root. The
  /// task keeps the runtime busy until this has returned.
  using finished_fn = void (*)(root_base&) noexcept;

  root_base(const root_base&) = delete;
  root_base& operator=(const root_base&) = delete;

  /// Counts the task and queues its first resumption on `where`. Once. `parent` outlives the root: stopping
  /// it stops the task; null: the runtime's own scope. `name` is static or null; with one, a shutdown lists the task.
  /// False: the runtime is closed; nothing was started.
  bool start(scheduler& sched, home where, const char* name = nullptr, stop_state* parent = nullptr) noexcept;

  /// Asks the task to stop. Any thread, until finished has been called.
  void request_stop() noexcept { stop_.request_stop(stop_reason::cancelled); }

  [[nodiscard]] outcome how() const noexcept { return how_; }  ///< valid from finished on
  [[nodiscard]] std::exception_ptr error() const noexcept { return task_->error; }
  [[nodiscard]] const char* name() const noexcept { return task_->task_name(); }

 protected:
  root_base(promise_base& task, finished_fn finished) noexcept
      : task_owner{&on_done}, task_{&task}, finished_{finished} {}
  ~root_base() = default;

 private:
  static void on_done(task_owner& self, promise_base& task) noexcept;

  promise_base* task_;
  finished_fn finished_;
  stop_state stop_;
  root_list::entry listed_;
  outcome how_ = outcome::ok;
};

template <class T>
class root_task : public root_base {
 public:
  /// Errors  std::invalid_argument: the task is empty
  root_task(task<T>&& t, finished_fn finished) : root_task{std::move(t).take_frame(), finished} {}

  /// The task's result, or rethrows what it ended with. Once, after finished has been called.
  T take() { return frame_.promise().take(); }

 private:
  root_task(task_frame<T>&& frame, finished_fn finished) noexcept
      : root_base{frame.promise(), finished}, frame_{std::move(frame)} {}

  task_frame<T> frame_;
};

}  // namespace weir::inline v0::detail

#include <weir/detail/blocked_root.hpp>
