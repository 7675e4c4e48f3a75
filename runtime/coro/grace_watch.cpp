#include <weir/detail/grace_watch.hpp>

#include <weir/detail/saturating.hpp>

namespace weir::inline v0::detail {

void grace_watch::open(scheduler& sched, stop_state& scope, std::chrono::nanoseconds grace) noexcept {
  sched_ = &sched;
  scope_ = &scope;
  grace_time_ = grace;
  references_.store(1, std::memory_order_relaxed);  // nobody else knows it yet
}

void grace_watch::stop(stop_reason why) noexcept {
  if (!scope_->request_stop(why) || grace_time_ == grace_time_.max()) return;
  hold();
  start_grace();
}

void grace_watch::stop_soon(stop_reason why, home where) noexcept {
  hold();
  sched_->resume(look_, where);  // first: a worker takes its newest job first, so those who are stopped go before it
  scope_->request_stop(why);
}

outcome grace_watch::look(job* j, action) noexcept {
  grace_watch& me = *static_cast<look_job*>(j)->watch;
  if (me.closed())
    me.release();
  else
    me.start_grace();
  return outcome::internal;
}

// With the reference of a caller, which the timer's completion gives up.
void grace_watch::start_grace() noexcept {
  grace_.deadline = saturating_add(sched_->now(), grace_time_);
  sched_->start(grace_);
  // acq_rel: pairs with begin_close(); the second of the two sees the first and cancels, after start().
  if ((flags_.fetch_or(grace_on, std::memory_order_acq_rel) & closed_bit) != 0) sched_->cancel(grace_);
}

void grace_watch::begin_close() noexcept {
  const auto before = flags_.fetch_or(closed_bit, std::memory_order_acq_rel);  // pairs with stop() and closed()
  if ((before & grace_on) != 0) sched_->cancel(grace_);
}

void grace_watch::release() noexcept {
  // acq_rel: the last one sees what all others did, and the scope may be destroyed in quiet().
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) quiet_(*this);
}

void grace_watch::grace_completed(operation& op) noexcept {
  grace_watch& me = *static_cast<timer&>(op).watch;
  if (op.result >= 0 && !me.closed()) me.overdue_(me);
  me.release();
}

}  // namespace weir::inline v0::detail
