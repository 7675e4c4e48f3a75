// base/fork_guard.hpp - after fork(), the child has the runtime's memory and none of its threads. [floor: base]
//
// The child must not submit: nothing would ever run it. One process-wide flag, set by an atfork handler in the child.
#pragma once

#include <atomic>

namespace weir::inline v0::base {

extern constinit std::atomic<bool> forked_child;

/// True in a process that was forked from one that had a runtime. Cost: a relaxed load.
[[nodiscard]] inline bool in_forked_child() noexcept { return forked_child.load(std::memory_order_relaxed); }

/// Registers the atfork handler; idempotent, called by every runtime's constructor.
void watch_forks();

}  // namespace weir::inline v0::base
