#include <weir/offload.hpp>

#include <weir/detail/stop_state.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>

namespace weir::inline v0::detail {
namespace {

bool stopped(const promise_base& task) noexcept { return task.env.stop != nullptr && task.env.stop->stop_requested(); }

}  // namespace

void offload_base::begin(promise_base& task) noexcept {
  task_ = &task;
  if (sched_ == nullptr) sched_ = task.env.sched;
  lane = task.env.lane;
  task.about_to_wait();
  // Whoever stops from now on finds a blocking call outside, in line or taken (on_stop).
  if (where_ == offload_to::blocking && task.env.stop != nullptr) watched_ = task.env.stop->add(*this);
  if (!watched_ && stopped(task)) {
    error_ = std::make_exception_ptr(operation_cancelled{});
    return resume_next(task.self);
  }
  if (traced(event::begin)) [[unlikely]]
    tracing = task.env.muted ? muted : 0;
  task.trace_wait(where_ == offload_to::cpu ? wait_cause::cpu_call : wait_cause::blocking_call, this);
  if (where_ == offload_to::cpu) return sched_->resume(*this, home::cpu);
  sched_->run_blocking(*this);
}

void offload_base::on_stop(stop_node& node) noexcept {
  auto& me = static_cast<offload_base&>(node);
  // outside: it is cancelled when it comes. taken: it runs, or is just about to and looks at the stop then.
  if (me.sched_->withdraw_blocking(me) != place::in_line) return;
  me.error_ = std::make_exception_ptr(operation_cancelled{});
  me.task_->wake();
}

outcome offload_base::act_call(job* j, action what) noexcept {
  auto& me = static_cast<offload_base&>(*j);
  promise_base& task = *me.task_;
  if (what == action::cancel || stopped(task)) {
    me.error_ = std::make_exception_ptr(operation_cancelled{});
  } else {
    try {
      me.call_(me);
    } catch (...) {
      me.error_ = std::current_exception();
    }
  }
  task.wake();
  return outcome::internal;
}

}  // namespace weir::inline v0::detail
