#include <weir/detail/task_trace.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/task_group.hpp>

#include <utility>

namespace weir::inline v0 {

detail::spawn_awaiter_base* task_group::take_waiting() noexcept {
  auto* const first = first_waiting_;
  if (first != nullptr) remove_waiting(*first);
  return first;
}

void task_group::add_waiting(detail::spawn_awaiter_base& w) noexcept {
  w.ahead_ = last_waiting_;
  (last_waiting_ != nullptr ? last_waiting_->behind_ : first_waiting_) = &w;
  last_waiting_ = &w;
  w.in_line_ = true;
  ++waiting_;
}

void task_group::remove_waiting(detail::spawn_awaiter_base& w) noexcept {
  (w.ahead_ != nullptr ? w.ahead_->behind_ : first_waiting_) = w.behind_;
  (w.behind_ != nullptr ? w.behind_->ahead_ : last_waiting_) = w.ahead_;
  w.in_line_ = false;
  --waiting_;
}

namespace detail {

void spawn_awaiter_base::start_child() noexcept {
  promise_base& task = *child_->task;
  child_->awaiting = child_->group->opener_;
  task.start_for(*child_, child_->group->inside_);
  task.env.sched->task_started();
  trace_spawn(task, task_, child_->group);
  // From here on the child may end at any time; its record stays for the handle this spawn makes.
  task.wake();
}

void spawn_awaiter_base::begin(promise_base& task) noexcept {
  task_ = &task;
  task_group& group = *child_->group;
  {
    const spin_guard guard{group.lock_};
    verdict_ = group.try_admit(*child_);  // while others wait there is no room: slots pass from hand to hand
    if (verdict_ == task_group::verdict::full) {
      if (task.env.stop == nullptr || task.env.stop->add(*this)) {
        group.add_waiting(*this);
        task.trace_wait(wait_cause::room, &group);
        return;
      }
      verdict_ = task_group::verdict::stopped;
    }
  }
  if (verdict_ == task_group::verdict::admitted) start_child();
  task.go_on();
}

void spawn_awaiter_base::on_stop(stop_node& node) noexcept {
  auto& me = static_cast<spawn_awaiter_base&>(node);
  {
    const spin_guard guard{me.child_->group->lock_};
    if (!me.in_line_) return;  // taken out by release_slot(), which resumes us
    me.child_->group->remove_waiting(me);
    me.verdict_ = task_group::verdict::stopped;
  }
  me.task_->wake();
}

group_child* spawn_awaiter_base::finish() {
  if (task_->env.stop != nullptr) task_->env.stop->remove(*this);
  switch (verdict_) {
    case task_group::verdict::admitted:
      return std::exchange(child_, nullptr);
    case task_group::verdict::closed:
      throw group_closed{"weir: spawn on a closed task_group"};  // which may be gone already
    default:
      throw operation_cancelled{};
  }
}

void group_join_awaiter::begin(promise_base& task) noexcept {
  group_->scope_.attach(task.env.stop);
  task.trace_wait(wait_cause::group, group_);
  group_->join_for(task);
}

void group_join_awaiter::await_resume() { group_->rethrow_failure(); }

}  // namespace detail
}  // namespace weir::inline v0
