#include <weir/detail/root_task.hpp>

#include <weir/detail/task_trace.hpp>

namespace weir::inline v0::detail {

bool root_base::start(scheduler& sched, home where, const char* name, stop_state* parent) noexcept {
  if (!sched.admit_task()) return false;
  stop_.attach(parent != nullptr ? parent : sched.stop_root());
  task_->name = name;
  if (root_list* const list = name != nullptr ? sched.roots() : nullptr) list->add(listed_, name);
  task_->start_for(*this, environment::of_root(sched, &stop_, where));
  trace_spawn(*task_, nullptr, nullptr);
  task_->wake();
  return true;
}

void root_base::on_done(task_owner& self, promise_base& task) noexcept {
  auto& me = static_cast<root_base&>(self);
  me.stop_.detach();
  me.how_ = outcome_of(task.error);
  trace_end(task);
  root_list::remove(me.listed_);
  scheduler& sched = *task.env.sched;
  sched.task_ended(me.how_);
  me.finished_(me);
  sched.task_left();
}

}  // namespace weir::inline v0::detail
