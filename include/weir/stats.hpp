// weir/stats.hpp - what a runtime counts, with the unit in each name.                          [floor: job]
//
// At every quiet point (nothing submitted is unfinished):
//   jobs_attempted == jobs_ok + jobs_failed + jobs_cancelled + jobs_rejected      queue_in_use_items == 0
//   tasks_started  == tasks_ok + tasks_failed + tasks_cancelled
//   io_submitted   == io_completed + io_cancelled
// The two sides of each line are counted at different places.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <weir/report.hpp>

namespace weir::inline v0 {

struct runtime_stats {
  // Jobs: post, submit, bulk items, delayed runs, calls of parallel algorithms from outside threads.
  std::uint64_t jobs_attempted = 0;
  std::uint64_t jobs_ok = 0;
  std::uint64_t jobs_failed = 0;
  std::uint64_t jobs_cancelled = 0;
  std::uint64_t jobs_rejected = 0;
  std::uint64_t jobs_stolen = 0;  ///< taken from another worker's deque

  // The bounded queue (normal lane).
  std::size_t queue_capacity_items = 0;
  std::size_t queue_in_use_items = 0;  ///< queued or running
  std::size_t queue_high_water_items = 0;

  // Threads.
  unsigned workers = 0;
  unsigned workers_granted = 0;    ///< the most that have been running at the same time
  std::uint64_t worker_parks = 0;  ///< how often a worker ran out of work
  unsigned blocking_threads = 0;
  std::size_t blocking_queued_items = 0;
  std::size_t blocking_high_water_items = 0;
  std::size_t blocking_abandoned_items = 0;  ///< calls that run on although nobody waits for them any more (abandon_ok)

  // Coroutine tasks.
  std::uint64_t tasks_started = 0;
  std::uint64_t tasks_ok = 0;
  std::uint64_t tasks_failed = 0;
  std::uint64_t tasks_cancelled = 0;

  // The reactor.
  std::uint64_t io_submitted = 0;
  std::uint64_t io_completed = 0;
  std::uint64_t io_cancelled = 0;
  std::uint64_t reactor_turns = 0;
  std::uint64_t reactor_wakes = 0;  ///< system calls made to wake it
  std::uint64_t reactor_lag_p50_ns = 0;
  std::uint64_t reactor_lag_p99_ns = 0;
  std::uint64_t reactor_lag_max_ns = 0;
  std::uint64_t longest_continuation_ns = 0;
  std::size_t timers_armed = 0;
  std::size_t delayed_jobs = 0;

  // Memory.
  std::uint64_t pool_reserved_bytes = 0;
  std::uint64_t pool_live_blocks = 0;
  const char* pool_upstream = "";  ///< "mimalloc" or "system"

  std::array<std::uint64_t, report_kinds> reports{};  ///< indexed by report_kind

  /// The first identity above.
  [[nodiscard]] bool jobs_balance() const noexcept {
    return jobs_attempted == jobs_ok + jobs_failed + jobs_cancelled + jobs_rejected;
  }
};

}  // namespace weir::inline v0
