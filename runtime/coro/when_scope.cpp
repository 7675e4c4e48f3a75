#include <weir/detail/when_scope.hpp>

#include <algorithm>

#include <weir/detail/task_trace.hpp>
#include <weir/detail/trampoline.hpp>

namespace weir::inline v0::detail {

void report_suppressed(const promise_base& child) noexcept {
  trace(event::unobserved, child.id(), 0, 0, child.task_name());
  child.env.sched->report({report_kind::never_awaited, child.task_name(),
                           "an exception was suppressed by the earlier end of a sibling", child.error});
}

void when_scope::begin(promise_base& parent, child_list children, std::size_t window) noexcept {
  parent_ = awaiting = &parent;
  children_ = children;
  if (children.empty()) return resume_next(parent.self);
  scope_.attach(parent.env.stop);
  if (traced(event::group_begin)) [[unlikely]]
    trace_in(parent.env, event::group_begin, this, trace_chain_of(parent), rules_.mode, parent.task_name());
  environment inside = parent.env;
  inside.stop = &scope_;
  for (promise_base* child : children) {
    child->start_for(*this, inside);
    trace_spawn(*child, &parent, this);
  }
  parent.trace_wait(wait_cause::group, this);

  // The first child goes on on this thread, the others are queued. Once one is queued it may end and start the next, so
  // the count is settled before, and none but the first is touched after.
  const std::size_t first_wave = settling_.begin(children.size(), window);
  for (std::size_t i = 1; i < first_wave; ++i) children[i]->wake();
  children[0]->trace_goes_on();
  resume_next(children[0]->self);
}

void when_scope::settle(promise_base& child) noexcept {
  const bool decides = rules_.decides(child);
  if (!decides && !child.error) return;
  switch (settling_.claim(&child, decides)) {
    case settled_as::won:
      trace_in(child.env, event::group_settle, this, child.id(), rules_.mode);
      watched_ = true;
      open(*child.env.sched, scope_, default_grace);
      return stop_soon(stop_reason::cancelled, parent_->env.where);
    case settled_as::late:
      if (rules_.reports_late && outcome_of(child.error) == outcome::failed) report_suppressed(child);
      return;
    case settled_as::alone:
    case settled_as::open:
      return;
  }
}

void when_scope::child_done(task_owner& self, promise_base& child) noexcept {
  auto& me = static_cast<when_scope&>(self);
  trace_end(child);
  me.settle(child);
  const auto [start, last] = me.settling_.leave(me.scope_.stop_requested(), [&] { child.owner = nullptr; });
  if (start != none)
    me.children_[start]->pass_on(child);
  else if (last && me.watched_)
    me.close();
  else if (last)
    me.parent_->pass_on(child);
}

void when_scope::quiet(grace_watch& self) noexcept { static_cast<when_scope&>(self).parent_->wake(); }

// Beside children that end: which still run is looked up under the lock, and their frames stay as long as we hold.
void when_scope::overdue(grace_watch& self) noexcept {
  auto& me = static_cast<when_scope&>(self);
  for (std::size_t i = 0; i < me.children_.size(); ++i) {
    const promise_base& child = *me.children_[i];
    if (me.settling_.look([&](std::size_t started) { return i < started && child.owner != nullptr; }))
      me.sched().report({report_kind::uncancellable, child.task_name(),
                         "still running after the grace time that followed the end of a sibling", nullptr});
  }
}

when_scope::ending when_scope::end() noexcept {
  scope_.detach();
  trace_in(parent_->env, event::group_end, this, 0, rules_.mode);
  const void* const won = settling_.winner();
  const auto at = std::ranges::find(children_, won);
  ending e{.winner = won != nullptr ? static_cast<std::size_t>(at - children_.begin()) : none, .cut_short = false};
  if (won != nullptr || !scope_.stop_requested()) return e;
  e.cut_short =
      settling_.started() < children_.size() ||
      std::ranges::any_of(
          children_,
          [](const promise_base* child) { return child->error && outcome_of(child->error) == outcome::cancelled; });
  return e;
}

}  // namespace weir::inline v0::detail
