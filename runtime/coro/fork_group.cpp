#include <weir/detail/fork_group.hpp>

#include <memory>
#include <utility>

#include <weir/detail/stop_state.hpp>
#include <weir/detail/thread_context.hpp>

#include "cpu/engine.hpp"
#include "sync/branches.hpp"

namespace weir::inline v0::detail {

namespace {

using branch_deque = sync::work_deque<branch*>;

// The slot whose deque shows a group's rest to thieves; null: not on a worker, only this thread runs it.
cpu::slot* slot_for(const promise_base& parent) noexcept {
  const thread_context& here = this_thread_context();
  const bool on_worker = here.role == thread_role::worker && here.sched == parent.env.sched;
  return on_worker && parent.env.where == home::cpu ? static_cast<cpu::slot*>(here.engine) : nullptr;
}

}  // namespace

[[gnu::always_inline]] inline void fork_group::start(std::uint32_t i, fork_run* run) noexcept {
  try {
    static_cast<const fork_type*>(type)->start(*this, i, run);
  } catch (...) {  // no memory for the child, or the callable that makes it threw: it has ended
    fail(std::current_exception());
    if (run == nullptr && sync::count_down(*this, 1)) resume_parent();
  }
}

/// One thread's turn at a group: on the stack of whoever starts its children, who are told its address.
struct fork_run {
  fork_run(fork_group& g, fork_run* outer, cpu::slot* s, std::uintptr_t limit, std::uint32_t first) noexcept
      : branches{g, s != nullptr ? &s->branches : nullptr, first}, group{g}, up{outer}, slot{s}, stack_limit{limit} {}

  /// Starts children until none is left to this run. False: a child suspended, the group may be gone.
  [[nodiscard, gnu::always_inline]] bool go() noexcept {
    do {
      if (branches.show()) slot->owner->notify();
      group.start(branches.child(), this);
      if (left) [[unlikely]]
        return false;
    } while (branches.again());
    return true;
  }

  sync::branch_run<fork_group, branch_deque> branches;
  fork_group& group;
  fork_run* const up;  ///< the run whose child is our group's parent; null: none on this stack
  cpu::slot* const slot;
  const std::uintptr_t stack_limit;
  bool left = false;  ///< the running child has left us
};

// Inside out: each run pops its rest before the next one out does.
[[gnu::noinline]] void leave_fork_runs(promise_base& suspending) noexcept {
  promise_base* child = &suspending;
  for (fork_run* run = std::exchange(child->run, nullptr); run != nullptr;) {
    fork_run* const up = run->up;
    run->left = true;
    if (run->branches.leave()) run->group.queue_rest();
    // The group's parent is suspended in this stack, too, unless the run is another thread's share of the group.
    if (up != nullptr) run->group.parent_->run = nullptr;
    run = up;
  }
}

[[gnu::noinline]] void fork_child_failed(promise_base& child) noexcept {
  child.run->group.fail(std::exchange(child.error, nullptr));
}

bool fork_group::begin(promise_base& parent) noexcept {
  parent_ = &parent;
  fork_run* const up = parent.run;
  if (up == nullptr) [[unlikely]]
    return begin_first(parent);
  if (reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) < up->stack_limit) [[unlikely]]
    return begin_deep();
  fork_run run{*this, up, up->slot, up->stack_limit, 0};
  return begin_in(run, parent);
}

[[gnu::noinline]] bool fork_group::begin_first(promise_base& parent) noexcept {
  fork_run run{*this, nullptr, slot_for(parent), loop_stack_limit(), 0};
  if (reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) < run.stack_limit) return begin_deep();
  return begin_in(run, parent);
}

[[gnu::always_inline]] inline bool fork_group::begin_in(fork_run& run, promise_base& parent) noexcept {
  if (!run.go()) [[unlikely]]
    return true;
  if (run.branches.ended_all()) [[likely]]
    return false;
  if (run.branches.others_ended()) return false;
  leave_fork_runs(parent);  // before the count: from then on the parent may be resumed elsewhere
  return !run.branches.finish();
}

// The stack is used up: everything on it is left, and the first child goes on from the resume_loop.
[[gnu::noinline]] bool fork_group::begin_deep() noexcept {
  leave_fork_runs(*parent_);
  next = 1;
  if (count > 1) queue_rest();
  start(0, nullptr);
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
  fork_run run{*this, nullptr, slot_for(*parent_), loop_stack_limit(), next};
  if (run.go() && run.branches.finish()) resume_parent();
}

// Its frame goes first: when the parent goes on, nothing of the child is left.
void fork_group::child_ended(task_owner& self, promise_base& child) noexcept {
  auto& me = static_cast<fork_group&>(self);
  const home where = child.env.where;
  if (child.error) me.fail(std::exchange(child.error, nullptr));
  child.self.destroy();
  if (!sync::count_down(me, 1)) return;
  if (where == me.parent_->env.where)
    resume_next(me.parent_->self);
  else
    me.parent_->wake();
}

void fork_group::resume_parent() noexcept { resume_next(parent_->self); }

}  // namespace weir::inline v0::detail
