#include <weir/detail/timeout_scope.hpp>

#include <string>

#include <weir/detail/saturating.hpp>
#include <weir/detail/task_trace.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>

namespace weir::inline v0::detail {
namespace {

std::string in_units(std::chrono::nanoseconds t) {
  if (t.count() % 1'000'000 == 0) return std::to_string(t.count() / 1'000'000) + " ms";
  return std::to_string(t.count()) + " ns";
}

}  // namespace

void timeout_scope::begin(promise_base& parent, promise_base& child) noexcept {
  parent_ = awaiting = &parent;
  child_ = &child;
  scheduler& scheduler = *parent.env.sched;
  const auto now = scheduler.now();
  const auto deadline = limit_.relative ? saturating_add(now, limit_.length) : limit_.at;
  scope_.attach(parent.env.stop);
  const bool acts = deadline < scope_.deadline();
  scope_.limit_deadline(deadline);

  environment inside = parent.env;
  inside.stop = &scope_;
  child.start_for(*this, inside);
  trace_spawn(child, &parent, nullptr);
  parent.trace_wait(wait_cause::child, &child);
  open(scheduler, scope_, default_grace);
  if (!child.env.muted) traced_as(child.id());
  if (!acts || deadline > now) {
    if (acts) arm(deadline);
    child.trace_goes_on();
    return resume_next(child.self);
  }
  // Already past: the task runs until it first suspends, so that what is ready still wins, and is stopped then.
  hold();
  child.trace_goes_on();
  resume_loop(child.self);
  time_out();
  release();
}

void timeout_scope::end(promise_base& child) {
  scope_.detach();
  if (scope_.reason() != stop_reason::timed_out || outcome_of(child.error) != outcome::cancelled) return;
  throw operation_timed_out{limit_.relative ? "weir: operation timed out after " + in_units(limit_.length)
                                            : std::string{"weir: operation timed out at its deadline"}};
}

void timeout_scope::task_done(task_owner& self, promise_base& task) noexcept {
  trace_end(task);
  static_cast<timeout_scope&>(self).close();
}

void timeout_scope::quiet(grace_watch& self) noexcept { static_cast<timeout_scope&>(self).parent_->wake(); }

void timeout_scope::overdue(grace_watch& self) noexcept {
  auto& me = static_cast<timeout_scope&>(self);
  me.sched().report({report_kind::uncancellable, me.child_->task_name(),
                     "still running after the grace time that followed its timeout", nullptr});
}

}  // namespace weir::inline v0::detail
