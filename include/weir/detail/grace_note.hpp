// weir/detail/grace_note.hpp - a grace time that nobody waits for.                             [floor: coro]
//
// As grace_watch, for a scope that goes on at once when its work has ended: made only when the work is stopped, it
// lives by itself until its timer has completed, and knows the work by its name alone.
//
// Threads     any. Two references: end()'s and the timer's; so end() may cancel beside the completion.
#pragma once

#include <atomic>
#include <cstddef>

#include <weir/detail/operation.hpp>
#include <weir/detail/pool.hpp>
#include <weir/detail/scheduler.hpp>

namespace weir::inline v0::detail {

class grace_note : private operation {
 public:
  /// Begins the grace time of work called `name`, a static string. Null: no memory, nothing will be reported.
  [[nodiscard]] static grace_note* begin(scheduler& sched, const char* name) noexcept;
  /// The work has ended. Once; the last touch.
  void end() noexcept;

  static void* operator new(std::size_t size) { return pool_allocate(size); }
  static void operator delete(void* note, std::size_t size) noexcept { pool_release(note, size); }

 private:
  grace_note(scheduler& sched, const char* name) noexcept;
  void release() noexcept;
  static void completed(operation& op) noexcept;

  scheduler& sched_;
  const char* const name_;
  std::atomic<bool> ended_{false};
  std::atomic<int> references_{2};
};

}  // namespace weir::inline v0::detail
