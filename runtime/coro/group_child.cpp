#include <weir/detail/group_child.hpp>

#include <utility>

#include <weir/detail/task_trace.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>
#include <weir/task_group.hpp>

namespace weir::inline v0::detail {

void group_child::on_done(task_owner& self, promise_base& task) noexcept {
  auto& me = static_cast<group_child&>(self);
  task_group& group = *me.group;
  scheduler& sched = *task.env.sched;
  const outcome how = outcome_of(task.error);
  trace_end(task);
  group.leave(me, how);
  sched.task_ended(how);
  me.end();              // may destroy the frame and this record
  group.release_slot();  // may end the group
  sched.task_left();
}

void group_child::end() noexcept {
  join_waiter* waiter = nullptr;
  bool last = false;
  {
    const spin_guard guard{lock_};
    ended_ = true;
    last = dropped_;
    waiter = std::exchange(waiter_, nullptr);
  }
  if (waiter != nullptr)
    waiter->task_->wake();
  else if (last)
    delete this;
}

bool group_child::ended() noexcept {
  const spin_guard guard{lock_};
  return ended_;
}

void group_child::drop() noexcept {
  {
    const spin_guard guard{lock_};
    dropped_ = true;
    if (!ended_) return;
  }
  delete this;
}

void join_waiter::begin(promise_base& task) noexcept {
  task_ = &task;
  {
    const spin_guard guard{child_->lock_};
    if (!child_->ended_) {
      if (task.env.stop == nullptr || task.env.stop->add(*this)) {
        child_->waiter_ = this;
        task.trace_wait(wait_cause::child, child_->task);
        return;
      }
      cancelled_ = true;
    }
  }
  task.go_on();
}

void join_waiter::on_stop(stop_node& node) noexcept {
  auto& me = static_cast<join_waiter&>(node);
  {
    const spin_guard guard{me.child_->lock_};
    if (me.child_->waiter_ != &me) return;  // the child has ended and wakes us
    me.child_->waiter_ = nullptr;
  }
  me.cancelled_ = true;
  me.task_->wake();
}

group_child& join_waiter::finish() {
  if (task_->env.stop != nullptr) task_->env.stop->remove(*this);
  if (cancelled_) throw operation_cancelled{};
  return *child_;
}

}  // namespace weir::inline v0::detail
