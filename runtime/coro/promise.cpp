#include <weir/detail/promise.hpp>

#include <atomic>
#include <cstdio>
#include <stdexcept>

#include <weir/detail/completion.hpp>
#include <weir/detail/stop_state.hpp>
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
  trace(event::resume, p.id());
  resume_loop(p.self);
  return outcome::internal;
}

void request_shutdown_stop(const promise_base& p) noexcept {
  if (auto* const s = outermost(p.env.stop)) s->request_stop(stop_reason::cancelled);
}

void promise_base::wake() noexcept {
  trace(event::wake, id());
  be(&act_resume, env.lane);
  env.sched->resume(*this, env.where);
}

void promise_base::go_on() noexcept {
  if (turn_is_over())
    wake();
  else
    resume_next(self);
}

void promise_base::pass_on(const promise_base& from) noexcept {
  if (from.env.where == env.where)
    resume_next(self);
  else
    wake();
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
  char line[512];
  std::snprintf(line, sizeof line, "a task was destroyed without having been awaited or spawned: %s at %s:%u",
                p.task_name(), p.site.file_name(), static_cast<unsigned>(p.site.line()));
  report_here({report_kind::never_awaited, p.task_name(), line, nullptr});
}

std::uint64_t never_awaited_tasks() noexcept { return never_awaited.load(std::memory_order_relaxed); }

}  // namespace weir::inline v0::detail
