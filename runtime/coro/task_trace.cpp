#include <weir/detail/task_trace.hpp>

namespace weir::inline v0::detail {
namespace {

constexpr int longest_walk = 256;

unsigned muted(const promise_base& task) noexcept { return task.env.muted ? trace_muted : 0; }

trace_site site_of(const promise_base& task) noexcept {
  return {task.task_name(), task.site.file_name(), task.site.line()};
}

}  // namespace

std::uint64_t trace_chain_of(const promise_base& p) noexcept {
  const promise_base* at = &p;
  for (int i = 0; i < longest_walk && at->parent != nullptr; ++i) at = at->parent;
  return at->id();
}

// Whether its root is sampled came with its parent's environment, and is decided for roots only: a forked child is said
// to exist when it leaves its fork, and by then other threads start children with its environment.
void trace_task_spawned(promise_base& task, const promise_base* parent, const void* group) noexcept {
  std::uint64_t by = 0;
  if (parent != nullptr) {
    by = trace_chain_of(*parent);
  } else {
    const trace_running here = trace_current();
    task.env.muted = here.id != 0 || here.muted ? here.muted : trace_mutes_root();
    by = here.id;
  }
  if (task.env.muted) return;
  const unsigned about = 1U | (task.env.where == home::io ? 2U : 0U) | unsigned{task.env.lane} << 2U;
  trace_record(event::spawn, about, task.id(), by, site_of(task));
  if (group != nullptr) trace_record(event::member, 0, task.id(), trace_id(group), {});
}

void trace_task_waits(const promise_base& task, wait_cause why, const void* object) noexcept {
  trace_record(event::suspend, static_cast<unsigned>(why) | muted(task), trace_chain_of(task), trace_id(object),
               site_of(task));
}

void trace_task_wakes(const promise_base& task) noexcept {
  if (!task.env.muted) trace_record(event::wake, 0, trace_chain_of(task), 0, {});
}

void trace_task_resumes(const promise_base& task, bool at_once) noexcept {
  trace_record(event::resume, (at_once ? 1U : 0U) | muted(task), trace_chain_of(task), 0, {});
}

void trace_task_ended(const promise_base& task, outcome how) noexcept {
  trace_record(event::end, static_cast<unsigned>(how) | muted(task), task.id(), static_cast<std::uint64_t>(how), {});
}

void trace_slice_over(const trace_running& me) noexcept {
  if (trace_current().id != me.id || me.id == 0) return;
  trace_record(event::suspend, static_cast<unsigned>(wait_cause::other) | (me.muted ? trace_muted : 0), me.id, 0, {});
}

}  // namespace weir::inline v0::detail
