// weir/thread_pool_options.hpp - how a thread_pool is made, and what it counts.                [floor: roof]
#pragma once

#include <weir/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace weir::inline v0 {

struct thread_pool_options {
  unsigned threads = 0;                ///< 0: WEIR_THREADS, else the processors that affinity and cgroups leave us
  std::size_t queue_capacity = 65536;  ///< jobs that may wait for a thread; at least 1
  weir::on_full on_full = weir::on_full::wait;  ///< what a submission does that finds no room
  std::function<void(unsigned)> init{};  ///< on each worker thread, once, before its first job; gets the worker's index
  std::string thread_name = "pool";
  report_sink on_report{};  ///< exceptions of detached jobs and the like; empty: stderr
};

/// Whenever nothing runs, attempted == ok + failed + cancelled + rejected + queued.
struct thread_pool_stats {
  std::uint64_t attempted = 0;  ///< jobs handed in
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;     ///< ended with an exception
  std::uint64_t cancelled = 0;  ///< purged, or cancelled through their future
  std::uint64_t rejected = 0;   ///< found no room
  std::size_t queued = 0;
  std::size_t running = 0;
  std::size_t queue_high_water = 0;
};

}  // namespace weir::inline v0
