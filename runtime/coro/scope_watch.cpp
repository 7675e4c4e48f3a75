#include <weir/detail/scope_watch.hpp>

namespace weir::inline v0::detail {

void scope_watch::arm(time_point deadline) noexcept {
  armed_ = true;
  hold();
  deadline_.deadline = deadline;
  sched().start(deadline_);
}

void scope_watch::close() noexcept {
  begin_close();
  if (armed_) sched().cancel(deadline_);
  release();
}

void scope_watch::deadline_completed(operation& op) noexcept {
  auto& me = static_cast<scope_watch&>(*static_cast<timer&>(op).watch);
  if (op.result < 0 || me.closed())
    me.release();
  else
    me.sched().resume(me.job_, home::io);
}

outcome scope_watch::deadline_passed(job* j, action) noexcept {
  scope_watch& me = *static_cast<deadline_job*>(j)->watch;
  if (!me.closed()) me.stop(stop_reason::timed_out);
  me.release();
  return outcome::internal;
}

}  // namespace weir::inline v0::detail
