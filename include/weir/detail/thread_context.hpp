// weir/detail/thread_context.hpp - what the calling thread is to weir.                         [floor: job]
//
// One thread-local record, filled by worker loops, the reactor and the blocking pool for as long as they hold the
// thread. Everything that must act differently by thread (helping waits, would_deadlock, local submission) asks here.
// The accessor is never inlined: a coroutine may resume on another thread, and compilers cache thread-local addresses.
#pragma once

#include <cstdint>

#include <weir/detail/job.hpp>

namespace weir::inline v0::detail {

class scheduler;

enum class thread_role : unsigned { outside, worker, reactor, blocking };

struct thread_context {
  thread_role role = thread_role::outside;
  unsigned index = 0;            ///< worker: slot number
  scheduler* sched = nullptr;    ///< the runtime that holds this thread; null outside
  void* engine = nullptr;        ///< worker: its cpu::slot
  const void* serial = nullptr;  ///< the strand whose job runs here
  /// A worker is about to block on other work (true) or goes on (false). Null outside workers.
  void (*blocking)(thread_context&, bool begins) noexcept = nullptr;
  /// Counts a submitted job that a waiter ran in place (outcome::elsewhere stays behind in the queue).
  void (*count)(thread_context&, outcome) noexcept = nullptr;
  /// A submission of this thread had to wake a worker, since it last waited for a result.
  bool woke_a_worker = false;
};

[[nodiscard]] thread_context& this_thread_context() noexcept;

/// While a thread that is not weir's runs a job of `sched`'s in place: what it reports goes to that runtime.
class acting_for {
 public:
  explicit acting_for(scheduler* sched) noexcept : here_{this_thread_context()}, before_{here_.sched} {
    if (here_.role == thread_role::outside) here_.sched = sched;
  }
  acting_for(const acting_for&) = delete;
  acting_for& operator=(const acting_for&) = delete;
  ~acting_for() { here_.sched = before_; }

 private:
  thread_context& here_;
  scheduler* const before_;
};

}  // namespace weir::inline v0::detail
