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
  if (stopped(task)) {
    error_ = std::make_exception_ptr(operation_cancelled{});
    return resume_next(task.self);
  }
  if (traced(event::begin)) [[unlikely]]
    tracing = task.env.muted ? muted : 0;
  task.trace_wait(where_ == offload_to::cpu ? wait_cause::cpu_call : wait_cause::blocking_call, this);
  if (where_ == offload_to::cpu)
    sched_->resume(*this, home::cpu);
  else
    sched_->run_blocking(*this);
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
