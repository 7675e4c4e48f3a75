// base/fork_guard.hpp - after fork(), the child has the runtime's memory and none of its threads. [floor: base]
//
// The child must not submit or wait: nothing would ever run it, and a lock may be held by a thread that is not there.
// Nor can it have a runtime of its own, because TBB's threads are gone too. One process-wide flag, set by an atfork
// handler in the child.
#pragma once

#include <atomic>

namespace weir::inline v0::base {

extern constinit std::atomic<bool> forked_child;

/// True in a process that was forked from one that had a runtime. Cost: a relaxed load.
[[nodiscard]] inline bool in_forked_child() noexcept { return forked_child.load(std::memory_order_relaxed); }

/// Throws runtime_closed, saying that the process was forked, in a child. For calls that would wait for a thread, or
/// for a lock, of the parent.
void refuse_in_forked_child();

/// Registers the atfork handler; idempotent, called by every runtime's constructor.
void watch_forks();

}  // namespace weir::inline v0::base
