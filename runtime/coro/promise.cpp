#include <weir/detail/promise.hpp>

#include <atomic>
#include <cstdio>
#include <stdexcept>

#include <weir/detail/completion.hpp>
#include <weir/detail/stop_state.hpp>
#include <weir/detail/task_trace.hpp>
#include <weir/detail/thread_context.hpp>
#include <weir/detail/trace.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>

namespace weir::inline v0::detail {
namespace {

constinit std::atomic<std::uint64_t> never_awaited{0};  // statistics: relaxed, orders nothing

/// The scope around all others: what shutdown stops.
stop_state* outermost(stop_state* s) noexcept {
  while (s != nullptr && s->parent() != nullptr) s = s->parent();
  return s;
}

}  // namespace

outcome promise_base::act_resume(job* j, action what) noexcept {
  auto& p = static_cast<promise_base&>(*j);
  if (what == action::cancel) request_shutdown_stop(p);
  if (!traced(event::resume)) [[likely]] {
    resume_loop(p.self);
    return outcome::internal;
  }
  trace_task_resumes(p, false);
  const trace_running me = trace_current();
  resume_loop(p.self);
  trace_slice_over(me);
  return outcome::internal;
}

void request_shutdown_stop(const promise_base& p) noexcept {
  if (auto* const s = outermost(p.env.stop)) s->request_stop(stop_reason::cancelled);
}

void promise_base::wake() noexcept {
  if (traced(event::wake)) [[unlikely]]
    trace_task_wakes(*this);
  be(&act_resume, env.lane, job::resumes_task);
  env.sched->resume(*this, env.where);
}

void promise_base::go_on() noexcept {
  if (turn_is_over()) {
    trace_wait(wait_cause::yield, nullptr);
    wake();
  } else {
    resume_next(self);
  }
}

void promise_base::pass_on(const promise_base& from) noexcept {
  if (from.env.where != env.where) return wake();
  if (from.parent != this) trace_goes_on();  // else a coroutine of the same chain
  resume_next(self);
}

void task_ended(promise_base& p) noexcept {
  if (p.parent != nullptr)
    p.parent->pass_on(p);
  else
    p.owner->done(*p.owner, p);
}

void throw_empty_task() {
  throw std::invalid_argument{"weir: the task is empty: it was moved from, or handed over before"};
}

void report_never_awaited(const promise_base& p) noexcept {
  never_awaited.fetch_add(1, std::memory_order_relaxed);
  if (traced(event::dropped))
    trace_record(event::dropped, 0, p.id(), 0, {p.task_name(), p.site.file_name(), p.site.line()});
  char line[512];
  std::snprintf(line, sizeof line, "a task was destroyed without having been awaited or spawned: %s at %s:%u",
                p.task_name(), p.site.file_name(), static_cast<unsigned>(p.site.line()));
  report_here({report_kind::never_awaited, p.task_name(), line, nullptr});
}

std::uint64_t never_awaited_tasks() noexcept { return never_awaited.load(std::memory_order_relaxed); }

}  // namespace weir::inline v0::detail
