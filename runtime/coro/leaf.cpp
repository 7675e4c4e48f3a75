#include <weir/detail/leaf.hpp>

#include <cerrno>

#include <weir/detail/trace.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>

#include "sync/wait_phase.hpp"

namespace weir::inline v0::detail {

namespace phase = sync::wait_phase;

io_awaiter::io_awaiter(io_awaiter&& other) noexcept : operation{other.what, &on_complete}, stop_node{&on_stop} {
  fd = other.fd;
  generation = other.generation;
  data = other.data;
  size = other.size;
  deadline = other.deadline;
}

void io_awaiter::begin(promise_base& task) noexcept {
  task_ = &task;
  task.about_to_wait();
  scheduler& sched = *task.env.sched;
  if (task.env.stop != nullptr && !task.env.stop->add(*this)) {
    result = -ECANCELED;  // never started
    return resume_next(task.self);
  }
  if (traced(event::io_submit) && what != kind::sleep && task.env.stop != nullptr) [[unlikely]]
    if (const time_point limit = task.env.stop->deadline(); limit != time_point::max()) deadline = limit;  // to be seen
  task.trace_wait(what == kind::sleep ? wait_cause::timer : wait_cause::io, &op());
  sched.start(op());
  phase::step how = phase::arm(phase_, false);
  if (how == phase::step::interrupt) {
    sched.cancel(op());
    how = phase::arm(phase_, true);
  }
  // Suspended: the task may have been resumed on another thread, and this frame be gone.
  if (how != phase::step::ready) return;
  task.trace_goes_on();
  task.go_on();
}

void io_awaiter::on_complete(operation& op) noexcept {
  auto& me = static_cast<io_awaiter&>(op);
  promise_base& task = *me.task_;
  if (phase::complete(me.phase_)) task.wake();
}

void io_awaiter::on_stop(stop_node& node) noexcept {
  auto& me = static_cast<io_awaiter&>(node);
  if (phase::ask(me.phase_)) me.task_->env.sched->cancel(me.op());  // the frame stays: remove() waits for us
}

std::int64_t io_awaiter::finish() {
  if (task_->env.stop != nullptr) task_->env.stop->remove(*this);
  if (result == -ECANCELED) throw operation_cancelled{};
  return result;
}

}  // namespace weir::inline v0::detail
