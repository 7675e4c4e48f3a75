#include <weir/detail/scope_watch.hpp>
#include <weir/detail/trace.hpp>

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

void scope_watch::time_out() noexcept {
  if (closed()) return;
  constexpr std::uint64_t timed_out = 2;
  if (traced_as_ != 0) trace(event::stop_request, traced_as_, timed_out);
  stop(stop_reason::timed_out);
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
  me.time_out();
  me.release();
  return outcome::internal;
}

}  // namespace weir::inline v0::detail
