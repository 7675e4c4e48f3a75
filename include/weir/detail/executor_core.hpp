// weir/detail/executor_core.hpp - what an executor handle points to.                          [floor: job]
//
// The non-template half of weir::executor: admission of finished job nodes. Implemented by the runtime's compute side
// (rt/cpu_executor.cpp) and by strands.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <weir/detail/job.hpp>

namespace weir::inline v0::detail {

/// What became of a submission. The job belongs to the executor after accepted and ran_inline only.
enum class admission : unsigned { accepted, ran_inline, full, closed, would_deadlock, no_memory };

/// One delayed or periodic submission; see executor::post_after.
class delayed;
class scheduler;

/// Where a delayed job goes when its time has come.
class due_target {
 public:
  /// Takes j, which is due: accepted, closed, or full: then it is asked again a millisecond later. On the reactor, so
  /// it must not block. What finds no room has not been handed in: only the rest counts as an attempt.
  [[nodiscard]] virtual admission submit_due(job& j) noexcept = 0;
  /// What must live as long as somebody may still submit here; null when that is the runtime itself.
  [[nodiscard]] virtual std::shared_ptr<const void> keep_alive() const { return nullptr; }

 protected:
  ~due_target() = default;
};

class executor_core : public due_target {
 public:
  /// Admits j under the runtime's admission policy. May block (on_full::wait, outside threads only).
  /// weight: how many items the job stands for in the accounting (a bulk is one node for many).
  [[nodiscard]] virtual admission submit(job& j, std::uint64_t weight) = 0;

  /// Admits j only if there is room now.
  [[nodiscard]] virtual admission try_submit(job& j) = 0;

  /// Admits a prefix of jobs, all of one lane, and returns its length; `why` tells what stopped it.
  [[nodiscard]] virtual std::size_t submit_all(job* const* jobs, std::size_t n, admission& why) = 0;

  /// Makes j runnable on a worker past admission: for work that has been counted as an attempt already. False: closed.
  [[nodiscard]] virtual bool enter(job& j) noexcept = 0;

  /// Counts n submissions that this executor does not admit itself (strands). False: closed, they are rejected.
  [[nodiscard]] virtual bool attempt(std::uint64_t n) = 0;
  virtual void reject(std::uint64_t n) noexcept = 0;

  /// Counts n items of an admitted bulk as ended, and whether they ran.
  virtual void count_items(outcome how, std::uint64_t n) noexcept = 0;

  /// True on a worker with nothing left that a thief could take: time to split off more.
  [[nodiscard]] virtual bool hungry() const noexcept = 0;
  /// Puts j on the calling worker's own deque, where thieves see it. False: not a worker, or no room.
  [[nodiscard]] virtual bool share(job& j) noexcept = 0;

  [[nodiscard]] virtual bool is_worker_here() const noexcept = 0;
  /// Whose jobs these are: the scheduler that thread contexts name, so that a waiting worker may run its awaited job in
  /// place; a strand names itself, for nobody may.
  [[nodiscard]] virtual const void* owner() const noexcept = 0;
  [[nodiscard]] virtual unsigned workers() const noexcept = 0;
  /// The runtime whose tasks may live on these workers; null: they cannot live here (a strand).
  [[nodiscard]] virtual scheduler* home_of_tasks() const noexcept { return nullptr; }

  /// Submits d's job to `on` when its time comes, again and again if it is periodic. Throws runtime_closed.
  virtual void schedule(std::shared_ptr<delayed> d, due_target& on) = 0;

 protected:
  ~executor_core() = default;
};

/// Cancels j, which was not admitted, and throws what `why` stands for: queue_full, runtime_closed, would_deadlock,
/// std::bad_alloc.
[[noreturn]] void refuse(job& j, admission why);
[[noreturn]] void throw_refused(admission why);

/// The lane of a submission that does not name one: that of the job which runs on this thread, else normal.
[[nodiscard]] std::uint8_t inherited_lane() noexcept;

}  // namespace weir::inline v0::detail
