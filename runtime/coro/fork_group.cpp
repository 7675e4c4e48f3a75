#include <weir/detail/fork_group.hpp>

#include <memory>
#include <utility>

#include <weir/detail/stop_state.hpp>
#include <weir/detail/thread_context.hpp>

#include "cpu/engine.hpp"

namespace weir::inline v0::detail {

namespace {

// The seat that shows a group's rest to thieves; null: not on a worker, only this thread runs it.
branch_seat* seat_of(const promise_base& parent) noexcept {
  const thread_context& here = this_thread_context();
  const bool on_worker = here.role == thread_role::worker && here.sched == parent.env.sched;
  return on_worker && parent.env.where == home::cpu ? &static_cast<cpu::slot*>(here.engine)->branches : nullptr;
}

}  // namespace

[[gnu::noinline, gnu::cold]] void fork_group::not_made() noexcept { fail(std::current_exception()); }

// From here on they are tasks like others; the outermost first.
void trace_leaving(promise_base& child, const fork_run& run) noexcept {
  promise_base& parent = *run.group().parent_;
  if (run.up != nullptr) trace_leaving(parent, *run.up);
  trace_task_spawned(child, &parent, &run.group());
  if (trace_current().id == trace_chain_of(parent)) parent.trace_wait(wait_cause::group, &run.group());
}

// Inside out: each run pops its rest before the next one out does.
[[gnu::noinline]] void leave_fork_runs(promise_base& suspending) noexcept {
  if (traced(event::spawn) && suspending.run != nullptr) [[unlikely]]
    trace_leaving(suspending, *suspending.run);
  for (fork_run* run = std::exchange(suspending.run, nullptr); run != nullptr;) {
    fork_run* const up = run->up;
    run->left = true;
    fork_group& group = run->group();
    if (run->leave()) group.queue_rest();
    // The group's parent is suspended in this stack, too, unless the run is another thread's share of the group.
    if (up != nullptr) group.parent_->run = nullptr;
    run = up;
  }
}

[[gnu::noinline]] void fork_child_failed(promise_base& child) noexcept {
  child.run->group().fail(std::exchange(child.error, nullptr));
}

// No run around us, or no room for another one.
[[gnu::noinline]] bool fork_group::begin_slowly() noexcept {
  return parent_->run == nullptr ? begin_first() : begin_deep();
}

bool fork_group::begin_first() noexcept {
  fork_run run{*this, nullptr, seat_of(*parent_), loop_stack_limit(), 0};
  if (reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) < run.stack_limit) return begin_deep();
  return !go(run) || (!run.ended_all() && !ends(run));
}

// Starts children until none is left to this run. False: a child suspended, the group may be gone.
bool fork_group::go(fork_run& run) noexcept {
  for (turn last = turn::next; last == turn::next;) {
    const std::uint32_t i = run.child();
    last = one(run, !run.is_last(), [&] { static_cast<const fork_type*>(type)->start(*this, i, &run); });
    if (last == turn::suspended) return false;
  }
  return true;
}

// A thief has the rest of the parent's own run. False: the parent waits, and may be gone.
[[gnu::noinline]] bool fork_group::ends(fork_run& run) noexcept {
  if (run.others_ended()) return true;
  parent_->trace_wait(wait_cause::group, this);
  promise_base& parent = *parent_;
  leave_fork_runs(parent);  // before the count: from then on the parent may be resumed elsewhere
  if (!run.finish()) return false;
  parent.trace_goes_on();
  return true;
}

// The stack is used up: everything on it is left, and the first child goes on from the resume_loop.
bool fork_group::begin_deep() noexcept {
  leave_fork_runs(*parent_);
  next = 1;
  if (count > 1) queue_rest();
  try {
    static_cast<const fork_type*>(type)->start(*this, 0, nullptr);
  } catch (...) {
    not_made();
    if (count_down(*this, 1)) resume_parent();
  }
  return true;
}

void fork_group::fail(std::exception_ptr error) noexcept {
  if (!failed_.exchange(true, std::memory_order_relaxed)) {  // read after all count_down()s, which order it
    std::construct_at(&error_, std::move(error));
    return;
  }
  if (outcome_of(error) == outcome::failed)
    parent_->env.sched->report({report_kind::never_awaited, parent_->task_name(),
                                "an exception was suppressed by the earlier one of a forked sibling", error});
}

void fork_group::rethrow() {
  const std::exception_ptr error = std::move(error_);
  std::destroy_at(&error_);
  std::rethrow_exception(error);
}

void fork_group::queue_rest() noexcept {
  be(&act_on_rest, parent_->env.lane);
  name = "fork";
  parent_->env.sched->resume(*this, parent_->env.where);
}

// Stolen from a worker's deque.
void run_fork_branch(branch& b, action what) noexcept {
  auto& group = static_cast<fork_group&>(b);
  static_cast<cpu::slot*>(this_thread_context().engine)->lane = group.parent_->env.lane;
  (void)fork_group::act_on_rest(&group, what);
}

// Queued by a run that ended early.
outcome fork_group::act_on_rest(job* j, action what) noexcept {
  auto& me = static_cast<fork_group&>(*j);
  if (what == action::cancel) request_shutdown_stop(*me.parent_);
  run_loop([](void* group) noexcept { static_cast<fork_group*>(group)->run_rest(); }, &me);
  return outcome::internal;
}

void fork_group::run_rest() noexcept {
  fork_run run{*this, nullptr, seat_of(*parent_), loop_stack_limit(), next};
  if (go(run) && run.finish()) resume_parent();
}

// Its frame goes first: when the parent goes on, nothing of the child is left.
void fork_group::child_ended(task_owner& self, promise_base& child) noexcept {
  auto& me = static_cast<fork_group&>(self);
  const home where = child.env.where;
  trace_end(child);
  if (child.error) me.fail(std::exchange(child.error, nullptr));
  child.self.destroy();
  if (!count_down(me, 1)) return;
  if (where != me.parent_->env.where) return me.parent_->wake();
  me.resume_parent();
}

void fork_group::resume_parent() noexcept {
  parent_->trace_goes_on();
  resume_next(parent_->self);
}

}  // namespace weir::inline v0::detail
