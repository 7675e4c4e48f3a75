#include <weir/detail/abandonable.hpp>

#include <weir/detail/trace.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>

namespace weir::inline v0::detail {

// In both steps under the lock: null means abandoned, the node is this thread's.
outcome abandonable_call::act_call(job* j, action what) noexcept {
  auto& me = static_cast<abandonable_call&>(*j);
  const bool runs = what == action::run && me.begins();
  if (runs)
    me.run();
  else
    me.error_ = std::make_exception_ptr(operation_cancelled{});
  promise_base* task = nullptr;
  {
    const spin_guard guard{me.lock_};
    task = std::exchange(me.task_, nullptr);
  }
  if (task != nullptr) {
    task->wake();  // the node may be gone after this
    return outcome::internal;
  }
  if (runs) {
    if (me.error_)
      me.sched_->report({report_kind::unhandled_exception, me.task_name_,
                         "a blocking call that its task had abandoned threw", me.error_});
    me.sched_->call_abandoned(false);
  }
  delete &me;
  return outcome::internal;
}

bool abandonable_call::begins() noexcept {
  const spin_guard guard{lock_};
  return running_ = task_ != nullptr;
}

void abandonable_call::run() noexcept {
  try {
    call();
  } catch (...) {
    error_ = std::current_exception();
  }
}

void abandonable_wait::begin(promise_base& task) noexcept {
  task_ = &task;
  abandonable_call& work = *node_;
  work.sched_ = sched_ != nullptr ? sched_ : task.env.sched;
  work.lane = task.env.lane;
  work.name = work.task_name_ = task.task_name();
  work.task_ = &task;
  task.about_to_wait();
  if (task.env.stop != nullptr) {
    watched_ = task.env.stop->add(*this);
    if (!watched_) {
      cancelled_ = true;
      return resume_next(task.self);
    }
  }
  if (traced(event::begin)) [[unlikely]]
    work.tracing = task.env.muted ? job::muted : 0;
  task.trace_wait(wait_cause::blocking_call, static_cast<const job*>(&work));
  work.sched_->run_blocking(work);
}

// Beside the call's end: whoever takes task_ wakes it. A stop that comes before the call is in line leaves
// it alone: it is cancelled when begin() hands it in. One that comes between the thread's taking it and its
// beginning abandons it, and the thread sees that.
void abandonable_wait::on_stop(stop_node& node) noexcept {
  auto& me = static_cast<abandonable_wait&>(node);
  abandonable_call& work = *me.node_;
  scheduler& sched = *work.sched_;
  const blocking_job::place was = sched.withdraw_blocking(work);
  if (was == blocking_job::place::outside) return;
  if (was == blocking_job::place::taken) {
    sched.call_abandoned(true);  // before its end can be counted
    bool running = false, abandoned = false;
    {
      const spin_guard guard{work.lock_};
      running = work.running_;
      abandoned = std::exchange(work.task_, nullptr) != nullptr;
    }
    if (!abandoned || !running) sched.call_abandoned(false);
    if (!abandoned) return;
    static_cast<void>(me.node_.release());  // the thread's, perhaps gone
  }
  me.cancelled_ = true;
  me.task_->wake();
}

abandonable_call& abandonable_wait::finish() {
  if (watched_) task_->env.stop->remove(*this);
  if (cancelled_) throw operation_cancelled{};
  if (node_->error_) std::rethrow_exception(std::exchange(node_->error_, nullptr));
  return *node_;
}

}  // namespace weir::inline v0::detail
