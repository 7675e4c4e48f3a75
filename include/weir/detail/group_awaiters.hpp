// weir/detail/group_awaiters.hpp - waiting for admission to a group, and for its end.          [floor: coro]
// Included by task_group.hpp.
#pragma once

#include <weir/task_group.hpp>

namespace weir::inline v0 {

namespace detail {

/// One spawn: holds the child until it is admitted, and its place in the group's line meanwhile. The group's lock
/// decides between admission and a stop request: whoever finds it in the line takes it out and resumes the spawner.
class spawn_awaiter_base : private stop_node {
 public:
  using weir_awaitable = void;
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise());
  }

 protected:
  explicit spawn_awaiter_base(group_child* child) noexcept : stop_node{&on_stop}, child_{child} {}
  ~spawn_awaiter_base() { delete child_; }
  /// The started child. Errors  group_closed, operation_cancelled.
  group_child* finish();

 private:
  friend class weir::task_group;
  void begin(promise_base& task) noexcept;
  void start_child() noexcept;
  static void on_stop(stop_node& node) noexcept;

  group_child* child_;
  promise_base* task_ = nullptr;
  spawn_awaiter_base* ahead_ = nullptr;
  spawn_awaiter_base* behind_ = nullptr;
  bool in_line_ = false;
  task_group::verdict verdict_ = task_group::verdict::stopped;
};

template <class T>
class spawn_awaiter : public spawn_awaiter_base {
 public:
  spawn_awaiter(task_group& group, task_frame<T>&& frame, const char* name)
      : spawn_awaiter_base{new group_child{group, frame.promise()}} {
    frame.promise().name = name;
    frame.release();
  }
  join_handle<T> await_resume() { return join_handle<T>{finish()}; }
};

class group_join_awaiter {
 public:
  using weir_awaitable = void;
  explicit group_join_awaiter(task_group& group) noexcept : group_{&group} {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise());
  }
  void await_resume();

 private:
  void begin(promise_base& task) noexcept;
  task_group* group_;
};

}  // namespace detail

template <class T>
detail::spawn_awaiter<T> spawn_request<T>::operator co_await() && {
  return detail::spawn_awaiter<T>{*group_, std::move(work_).take_frame(), name_};
}

inline detail::group_join_awaiter task_group::join() noexcept { return detail::group_join_awaiter{*this}; }

}  // namespace weir::inline v0
