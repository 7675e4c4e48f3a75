// io/operation_set.hpp - every operation the reactor holds, from admission to completion.      [floor: io]
//
//   admit -> try the call -> done ------------------------------> finish -> (message of a canceller?) -> complete()
//                         -> not yet: waiter list of its fd --event--> try again
//                         -> not now, or a sleep: timer heap --due---> try again, or done
// Threads     the reactor's only, except the counters
// Invariants  I1  live() == admitted - completed; complete() is called once for each admitted operation
//             I2  an operation is in one place only, and op.where names it
//             I3  an operation with cancel_asked is completed only after the canceller's message has arrived, so no
//                 message points to a dead frame (sync/cancel_bits.hpp)
//             I4  waiters of one descriptor and direction are served first come, first served
//             I5  while expecting(), nothing that arrives may wait: a cancelled operation ends at once, however far off
//                 the deadline that it would arrive with
// Edge        A waiter is queued only after its own call has said EAGAIN on this thread, and events are read on this
//             thread, so an edge after that EAGAIN is still to be harvested: it cannot be lost.
// Shortage    accept() without descriptors or memory pauses that listener for 50 ms and is reported once until an
//             accept succeeds again; other listeners go on. A unix connect() to a full backlog looks again every 5 ms.
#pragma once

#include <weir/detail/scheduler.hpp>

#include <atomic>

#include "io/attempt.hpp"
#include "io/backend.hpp"
#include "io/fd_table.hpp"
#include "io/timer_heap.hpp"

namespace weir::inline v0::io {

class operation_set {
 public:
  using operation = detail::operation;

  struct environment {
    backend& readiness;
    syscalls& calls;
    detail::time_point (*now)() noexcept;
    const report_sink& on_report;
  };
  struct counters {  // one writer, the reactor; relaxed: statistics, they order nothing
    std::atomic<std::uint64_t> completed{0}, cancelled{0}, timers{0}, waiting{0}, sleeps{0};
  };

  explicit operation_set(const environment& env) noexcept : env_{env} {}

  void admit(operation& op) noexcept;

  /// The message of a canceller; may come before the operation itself.
  void cancel_message(operation& op) noexcept;

  void on_ready(const ready_event& event) noexcept;

  /// Ends the operations that are due; how late the latest of them was, or zero.
  std::chrono::nanoseconds fire_due(detail::time_point now) noexcept;

  /// From now on everything ends with -ECANCELED, what is pending at once.
  void close() noexcept;

  [[nodiscard]] const operation* next_timer() const noexcept { return timers_.earliest(); }
  [[nodiscard]] std::uint64_t live() const noexcept { return live_; }
  /// (I5) What is to be cancelled has still to arrive: messages came first, or everything is closed.
  [[nodiscard]] bool expecting() const noexcept { return closed_ || early_messages_ != 0; }
  [[nodiscard]] const counters& count() const noexcept { return count_; }

 private:
  enum place : std::uint8_t { unseen, cancelled_early, waiting, in_heap, needs_message };

  void try_or_wait(operation& op) noexcept;
  void wait_for_fd(operation& op) noexcept;
  void admit_now(operation& op) noexcept;
  void arm(operation& op) noexcept;
  void back_off(operation& op, std::int64_t why) noexcept;
  void serve(fd_entry& entry, waiter_list& waiters) noexcept;
  [[nodiscard]] fd_entry* entry_for(operation& op) noexcept;
  [[nodiscard]] int watch(fd_entry& entry, const operation& op) noexcept;
  void end_all(fd_entry& entry, std::int64_t result) noexcept;

  void enqueue(fd_entry& entry, operation& op) noexcept;
  void unlink(operation& op) noexcept;
  void finish(operation& op, std::int64_t result) noexcept;
  void deliver(operation& op) noexcept;
  void report_shortage(fd_entry* entry, const operation& op, std::int64_t why) noexcept;

  environment env_;
  fd_table fds_;
  timer_heap timers_;
  std::uint64_t live_ = 0;
  std::uint64_t early_messages_ = 0;      // their operations have not been admitted yet
  const operation* admitting_ = nullptr;  // for traces: completed before it could wait
  std::uint32_t next_tag_ = 0;
  bool closed_ = false;
  counters count_;
};

}  // namespace weir::inline v0::io
