// weir/detail/trace.hpp - the one hook that every floor above sync calls.                     [floor: trace]
//
// Off: a relaxed load, a test and a branch. On: one 32-byte event in the calling thread's own ring (trace/ring.hpp);
// no lock, no allocation (a thread's first event creates its ring), no system call.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::inline v0::detail {

enum class event : unsigned {
  spawn,
  begin,
  end,
  suspend,
  wake,
  resume,  ///< id: task or job; arg: parent, cause or outcome
  steal,
  park,
  unpark,  ///< id: worker; arg: victim
  post,
  queue_full,
  depth,  ///< id: queue; arg: items or depth
  io_submit,
  io_complete,  ///< id: operation; arg: kind or result
  tick,
  timer_fire,  ///< id: reactor; arg: nanoseconds of work, lateness
  blocking_begin,
  blocking_end,
  mark,  ///< a user's own event
};

inline constinit std::atomic<bool> trace_enabled{false};

/// Records unconditionally. `name` must have static storage or be null.
void trace_record(event what, std::uint64_t id, std::uint64_t arg, const char* name) noexcept;

inline void trace(event what, std::uint64_t id, std::uint64_t arg = 0, const char* name = nullptr) noexcept {
  if (trace_enabled.load(std::memory_order_relaxed)) [[unlikely]]
    trace_record(what, id, arg, name);
}

}  // namespace weir::inline v0::detail
