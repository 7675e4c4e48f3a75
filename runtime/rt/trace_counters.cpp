// What a runtime tells a trace about itself, every 10 ms.
#include <array>
#include <utility>

#include <weir/detail/trace.hpp>
#include <weir/stats.hpp>

#include "rt/runtime_impl.hpp"

namespace weir::inline v0::detail {

void runtime_impl::tell_counters(const void* self) {
  const auto& me = *static_cast<const runtime_impl*>(self);
  const runtime_stats s = me.stats();
  using kind = counter_kind;
  const std::array<std::pair<kind, std::uint64_t>, 10> own{{
      {kind::jobs_queued, s.queue_in_use_items},
      {kind::jobs_done, s.jobs_ok + s.jobs_failed + s.jobs_cancelled},
      {kind::jobs_stolen, s.jobs_stolen},
      {kind::worker_parks, s.worker_parks},
      {kind::tasks_live, s.tasks_started - s.tasks_ok - s.tasks_failed - s.tasks_cancelled},
      {kind::io_pending, s.io_submitted - s.io_completed - s.io_cancelled},
      {kind::timers_armed, s.timers_armed},
      {kind::blocking_queued, s.blocking_queued_items},
      {kind::blocking_threads, s.blocking_threads},
      {kind::reactor_turns, s.reactor_turns},
  }};
  for (const auto& [what, value] : own) trace(event::counter, trace_id(&me), value, static_cast<unsigned>(what));
  trace(event::counter, 0, s.pool_reserved_bytes, static_cast<unsigned>(kind::pool_reserved_bytes));
  trace(event::counter, 0, s.pool_live_blocks, static_cast<unsigned>(kind::pool_live_blocks));
}

}  // namespace weir::inline v0::detail
