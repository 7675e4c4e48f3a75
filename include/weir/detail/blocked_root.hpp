// weir/detail/blocked_root.hpp - a task that a sleeping thread waits for: block_on.              [floor: coro]
// Comes with task.hpp, so that rt.block_on(task) works wherever there is a task.
#pragma once

#include <utility>

#include <weir/detail/root_task.hpp>
#include <weir/detail/thread_wait.hpp>
#include <weir/error.hpp>

namespace weir::inline v0 {

namespace detail {

template <class T>
class blocked_root final : public root_task<T> {
 public:
  explicit blocked_root(task<T>&& t) : root_task<T>{std::move(t), &finished} {}
  void wait() noexcept { over_.wait(); }

 private:
  static void finished(root_base& self) noexcept { static_cast<blocked_root&>(self).over_.done(); }
  thread_wait over_;
};

/// See block_on() in spawn.hpp.
template <class T>
T run_blocked(scheduler& sched, task<T>&& work, home where, const char* name) {
  blocked_root<T> root{std::move(work)};  // first: a task that is refused was not forgotten
  thread_wait::check_may_wait(sched, "block_on");
  if (!root.start(sched, where, name)) throw runtime_closed{};
  root.wait();
  return root.take();
}

}  // namespace detail

/// What runtime::block_on() calls.
template <class Runtime, class T>
T run_to_end(Runtime& rt, task<T> work) {
  return detail::run_blocked(rt.scheduler(), std::move(work), detail::home::cpu, nullptr);
}

}  // namespace weir::inline v0
