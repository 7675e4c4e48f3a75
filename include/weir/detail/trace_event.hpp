// weir/detail/trace_event.hpp - what a trace can say: the events, their categories, why a task waits. [floor: trace]
//
// Plain numbers, part of the file format: docs/reference/trace-format.md says what id, arg and flags mean for each.
// A number is never given a second meaning; new ones are added.
#pragma once

#include <cstdint>

namespace weir::inline v0::detail {

enum class event : unsigned {
  none = 0,
  lost = 1,
  mark = 2,
  // tasks and jobs: category task
  spawn = 16,
  begin = 17,
  end = 18,
  suspend = 19,
  wake = 20,
  resume = 21,
  stop_request = 22,
  detach = 23,
  dropped = 24,
  unobserved = 25,
  group_begin = 26,
  group_settle = 27,
  group_end = 28,
  member = 29,
  // workers and blocking threads: category task
  enter = 40,
  leave = 41,
  park = 42,
  unpark = 43,
  steal = 44,
  block_begin = 50,
  block_end = 51,
  // reactor, timers, limiters, queues: category io
  io_submit = 60,
  io_complete = 61,
  tick = 62,
  timer_arm = 64,
  timer_fire = 65,
  limit = 70,
  permit_wait = 71,
  permit_take = 72,
  permit_give = 73,
  queue_open = 80,
  queue_push = 81,
  queue_pop = 82,
  queue_full = 83,
  queue_high = 84,
  queue_low = 85,
  queue_close = 86,
  // category metrics
  counter = 90,
};

/// Bits of the mask that says what is recorded.
namespace trace_category {
inline constexpr std::uint32_t metrics = 1, io = 2, task = 4, all = 7;
}

/// The bits of which one must be set for an event to be recorded.
constexpr std::uint32_t category_of(event what) noexcept {
  const auto n = static_cast<unsigned>(what);
  if (n < 16) return trace_category::all;
  if (n < 60) return trace_category::task;
  return n < 90 ? trace_category::io : trace_category::metrics;
}

/// Why a task waits: the flags of `suspend`.
enum class wait_cause : unsigned {
  other = 0,
  timer = 1,
  io = 2,
  limiter = 3,
  queue_send = 4,
  queue_receive = 5,
  child = 6,  ///< a handle's or a future's result
  group = 7,  ///< all children of a group, or what a combinator waits for
  room = 8,   ///< a place in a group that is full
  cpu_call = 9,
  blocking_call = 10,
  lock = 11,
  condition = 12,  ///< condition, event, latch, barrier, a generator's or a stage's turn
  callback = 15,
  yield = 16,
  move = 17,  ///< to another home
};

/// What a counter counts: the flags of `counter`.
enum class counter_kind : unsigned {
  jobs_queued = 1,
  jobs_done = 2,
  jobs_stolen = 3,
  worker_parks = 4,
  tasks_live = 5,
  io_pending = 6,
  timers_armed = 7,
  blocking_queued = 8,
  blocking_threads = 9,
  pool_reserved_bytes = 10,
  pool_live_blocks = 11,
  reactor_turns = 12,
  cpu_ns = 13,
};

}  // namespace weir::inline v0::detail
