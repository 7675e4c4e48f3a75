// weir/detail/job.hpp - the unit of work: one intrusive node, one function.                    [floor: job]
//
// A job is a node that somebody owns (a pooled block, a coroutine frame, a stack frame) plus the one function that
// knows what it is. Whoever takes a job out of a queue calls act() exactly once; act() disposes of the node, so the
// job must not be touched afterwards. `next` belongs to the queue the job is in.
#pragma once

#include <cstdint>

namespace weir::inline v0::detail {

/// What to do with a job: run it, or end it without running (shutdown, purge, cancellation).
enum class action : unsigned { run, cancel };

/// How it ended. `elsewhere`: a waiter had claimed and counted it already, this was only its place in the queue.
/// `internal`: not a submitted job (a task's resumption, a pump): not part of the accounting identities.
enum class outcome : unsigned { ok, failed, cancelled, elsewhere, internal };

struct job {
  using act_fn = outcome (*)(job*, action) noexcept;

  explicit job(act_fn fn, const char* job_name = nullptr) noexcept
      : next{nullptr}, act{fn}, name{job_name}, lane{1}, credited{false}, tracing{0} {}

  /// Sets nothing: for jobs of which most are never queued. Whoever queues one calls be() first, and sets the name.
  struct unqueued {};
  explicit job(unqueued) noexcept {}
  void be(act_fn fn, std::uint8_t in_lane, std::uint8_t traced_as = 0) noexcept {
    act = fn, lane = in_lane, credited = false, tracing = traced_as;
  }

  job* next;
  act_fn act;
  const char* name;   ///< static string, for traces and reports; may be null
  std::uint8_t lane;  ///< 0 high, 1 normal, 2 low
  bool credited;      ///< holds one credit of the injector, given back by whoever takes it out

  static constexpr std::uint8_t resumes_task = 1;  ///< it speaks for itself when it runs
  static constexpr std::uint8_t muted = 2;         ///< its root is not sampled
  static constexpr std::uint8_t spawned = 4;       ///< its SPAWN is in the recording
  std::uint8_t tracing;                            ///< of these
};

}  // namespace weir::inline v0::detail
