#include "cpu/job_trace.hpp"

namespace weir::inline v0::cpu {

using detail::event;
using detail::job;
using detail::trace_record;

namespace {

unsigned muted(unsigned tracing) noexcept { return (tracing & job::muted) != 0 ? detail::trace_muted : 0; }

}  // namespace

void trace_submitted(job* const* jobs, std::size_t n, bool carriers) noexcept {
  const detail::trace_running by = detail::trace_current();
  for (std::size_t i = 0; i < n; ++i) {
    job& j = *jobs[i];
    const bool quiet = by.id != 0 || by.muted ? by.muted : detail::trace_mutes_root();
    j.tracing = quiet ? job::muted : carriers ? std::uint8_t{0} : job::spawned;
    if (j.tracing == job::spawned)
      trace_record(event::spawn, unsigned{j.lane} << 2U, detail::trace_id(&j), by.id, {j.name, nullptr, 0});
  }
}

void trace_refused(job* const* jobs, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i)
    if ((jobs[i]->tracing & job::spawned) != 0)
      trace_end(detail::trace_id(jobs[i]), jobs[i]->tracing, detail::outcome::cancelled);
}

void trace_begin(std::uint64_t id, unsigned worker, unsigned tracing, const char* name) noexcept {
  constexpr unsigned without_spawn = 3;  // a piece of a bulk, a call, or submitted before the recording
  const unsigned about = (tracing & job::spawned) != 0 ? 0 : without_spawn;
  if ((tracing & job::resumes_task) == 0)
    trace_record(event::begin, about | muted(tracing), id, worker, {name, nullptr, 0});
}

void trace_end(std::uint64_t id, unsigned tracing, detail::outcome how) noexcept {
  if ((tracing & job::resumes_task) != 0) return;
  if ((tracing & job::spawned) != 0 && how == detail::outcome::internal)
    how = detail::outcome::ok;  // a bulk of one item
  trace_record(event::end, static_cast<unsigned>(how) | muted(tracing), id, 0, {});
}

}  // namespace weir::inline v0::cpu
