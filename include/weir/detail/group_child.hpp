// weir/detail/group_child.hpp - one spawned task between its group and its handle.             [floor: coro]
//
// The record owns the task's frame. Two let go of it: the task, by ending, and its join_handle, by being awaited or
// dropped; the second destroys it. So a result can be read after the group has ended, and a dropped handle costs
// nothing. lock_ orders ending, dropping and the one waiter; a stop request takes the waiter away under the same lock,
// so whoever finds it there resumes it, exactly once.
#pragma once

#include <coroutine>

#include <weir/detail/pool.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0 {

class task_group;

namespace detail {

class join_waiter;

class group_child : public task_owner {
 public:
  group_child(task_group& g, promise_base& t) noexcept : task_owner{&on_done}, group{&g}, task{&t} {}

  static void* operator new(std::size_t size) { return pool_allocate(size); }
  static void operator delete(void* record, std::size_t size) noexcept { pool_release(record, size); }

  [[nodiscard]] bool ended() noexcept;
  /// The handle is gone.
  void drop() noexcept;

  task_group* group;
  promise_base* task;
  group_child* prev = nullptr;  ///< the group's list of live children
  group_child* next = nullptr;

 private:
  friend class join_waiter;
  friend class spawn_awaiter_base;

  ~group_child() { task->self.destroy(); }
  static void on_done(task_owner& self, promise_base& task) noexcept;
  void end() noexcept;

  spin_lock lock_;
  bool ended_ = false;
  bool dropped_ = false;
  join_waiter* waiter_ = nullptr;
};

/// Owns the handle's half of a child while a task waits for it.
class join_waiter : private stop_node {
 public:
  using weir_awaitable = void;
  explicit join_waiter(group_child* child) noexcept : stop_node{&on_stop}, child_{child} {}
  ~join_waiter() {
    if (child_ != nullptr) child_->drop();
  }

  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise());
  }

 protected:
  /// The ended child. Errors  operation_cancelled if the waiting task was stopped first.
  group_child& finish();

 private:
  friend class group_child;
  void begin(promise_base& task) noexcept;
  static void on_stop(stop_node& node) noexcept;

  group_child* child_;
  promise_base* task_ = nullptr;
  bool cancelled_ = false;
};

}  // namespace detail
}  // namespace weir::inline v0
