// cpu/arena.hpp - where the workers' threads come from: one anchor of ours, the rest TBB's.    [floor: cpu]
//
// The anchor is a thread of ours that enters the TBB arena and stays: progress never depends on TBB scheduling a task.
// The other W-1 workers are pumps: tasks enqueued into the arena that claim a slot, work, and return their thread to
// TBB when there is nothing to do, or after a slice of 500 us (they re-invite themselves), so that other arenas and the
// user's own TBB loops get their share (D1; why: docs/design/decisions.md).
//
// Who is woken, and why no wake-up is lost: sync/activity.hpp, sync/crew.hpp (A1, A2, A4, A5); pumps are its guests.
// Invariant   A3  a pump that TBB runs after stop() touches nothing but the gate
// The anchor waits isolated: a job's own nested TBB wait does not pick up pumps. One that is picked up declines all the
// same: it would run foreign work under the job's feet.
#pragma once

#include <memory>

#include "sync/activity.hpp"
#include "sync/gate.hpp"

namespace weir::inline v0::cpu {

class engine;

class arena {
 public:
  /// Starts the anchor and waits until it is inside the arena. Throws std::system_error when threads cannot be made.
  explicit arena(engine& owner);
  ~arena();
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  /// Delivers one wake-up that sync::activity has counted. Any thread.
  void deliver(sync::wake whom) noexcept;

  /// Ends the anchor and turns late pumps away. No slot is held afterwards.
  void stop() noexcept;

  /// The most workers that have been running at the same time so far.
  [[nodiscard]] unsigned granted() const noexcept;
  void note_granted(unsigned now) noexcept;

 private:
  struct threads;
  std::shared_ptr<threads> threads_;
};

}  // namespace weir::inline v0::cpu
