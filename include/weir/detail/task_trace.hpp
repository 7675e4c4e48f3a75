// weir/detail/task_trace.hpp - what a task says of itself while it is traced.                   [floor: coro]
//
// A traced task is the chain of coroutines that was started as one; it goes by the id of the first of them. Whether
// its root is sampled is in its environment, so everything that descends from it is recorded, or nothing.
#pragma once

#include <weir/detail/outcome.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/trace.hpp>

namespace weir::inline v0::detail {

/// The id of the chain that `p` belongs to: of the coroutine that nobody awaits, or of the 256th above.
[[nodiscard]] std::uint64_t trace_chain_of(const promise_base& p) noexcept;

// Cold halves: while tasks are traced.
void trace_task_spawned(promise_base& task, const promise_base* parent, const void* group) noexcept;
void trace_task_wakes(const promise_base& task) noexcept;
void trace_task_ended(const promise_base& task, outcome how) noexcept;
/// The trampoline is back: what `me` says was running, and nobody has closed, has suspended for a cause not known.
void trace_slice_over(const trace_running& me) noexcept;

/// The task is about to be started, by `parent` (null: by nobody that is traced, a root), in `group` (null: in none).
inline void trace_spawn(promise_base& task, const promise_base* parent, const void* group) noexcept {
  if (traced(event::spawn)) [[unlikely]]
    trace_task_spawned(task, parent, group);
}
/// Something that belongs to the tasks of this environment.
inline void trace_in(const environment& env, event what, const void* object, std::uint64_t arg = 0, unsigned flags = 0,
                     const char* name = nullptr) noexcept {
  if (traced(what) && !env.muted) [[unlikely]]
    trace_record(what, flags, trace_id(object), arg, {name, nullptr, 0});
}
inline void trace_end(const promise_base& task) noexcept {
  if (traced(event::end)) [[unlikely]]
    trace_task_ended(task, outcome_of(task.error));
}

}  // namespace weir::inline v0::detail
