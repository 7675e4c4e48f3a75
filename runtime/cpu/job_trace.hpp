// cpu/job_trace.hpp - what a job says of itself while it is traced: the cold halves of the hooks. [floor: cpu]
#pragma once

#include <weir/detail/job.hpp>
#include <weir/detail/trace.hpp>

#include <cstddef>
#include <cstdint>

namespace weir::inline v0::cpu {

/// Before the jobs are handed over: whether they are sampled is decided here, by what runs on this thread. carriers: of
/// several items each, which run piece by piece.
void trace_submitted(detail::job* const* jobs, std::size_t n, bool carriers) noexcept;
/// They were refused, and are not gone yet.
void trace_refused(detail::job* const* jobs, std::size_t n) noexcept;

/// Around a job's run. tracing: job::tracing, read before the run. A task's resumption speaks for itself.
void trace_begin(std::uint64_t id, unsigned worker, unsigned tracing, const char* name) noexcept;
void trace_end(std::uint64_t id, unsigned tracing, detail::outcome how) noexcept;

}  // namespace weir::inline v0::cpu
