#include <weir/detail/scope_watch.hpp>

#include <weir/detail/saturating.hpp>

namespace weir::inline v0::detail {

void scope_watch::open(scheduler& sched, stop_state& scope, std::chrono::nanoseconds grace) noexcept {
  sched_ = &sched;
  scope_ = &scope;
  grace_time_ = grace;
  references_.store(1, std::memory_order_relaxed);  // nobody else knows it yet
}

void scope_watch::arm(time_point deadline) noexcept {
  armed_ = true;
  hold();
  deadline_.deadline = deadline;
  sched_->start(deadline_);
}

void scope_watch::stop(stop_reason why) noexcept {
  if (!scope_->request_stop(why) || grace_time_ == grace_time_.max()) return;
  hold();
  grace_.deadline = saturating_add(sched_->now(), grace_time_);
  sched_->start(grace_);
  // acq_rel: pairs with close(); the second of the two sees the first and cancels, after start().
  if ((flags_.fetch_or(grace_on, std::memory_order_acq_rel) & closed_bit) != 0) sched_->cancel(grace_);
}

void scope_watch::close() noexcept {
  const auto before = flags_.fetch_or(closed_bit, std::memory_order_acq_rel);  // pairs with stop() and closed()
  if (armed_) sched_->cancel(deadline_);
  if ((before & grace_on) != 0) sched_->cancel(grace_);
  release();
}

void scope_watch::release() noexcept {
  // acq_rel: the last one sees what all others did, and the scope may be destroyed in quiet().
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) quiet_(*this);
}

void scope_watch::deadline_completed(operation& op) noexcept {
  scope_watch& me = *static_cast<timer&>(op).watch;
  if (op.result < 0 || me.closed())
    me.release();
  else
    me.sched_->resume(me.job_, home::io);
}

outcome scope_watch::deadline_passed(job* j, action) noexcept {
  scope_watch& me = *static_cast<deadline_job*>(j)->watch;
  if (!me.closed()) me.stop(stop_reason::timed_out);
  me.release();
  return outcome::internal;
}

void scope_watch::grace_completed(operation& op) noexcept {
  scope_watch& me = *static_cast<timer&>(op).watch;
  if (op.result >= 0 && !me.closed()) me.overdue_(me);
  me.release();
}

}  // namespace weir::inline v0::detail
