// cpu/engine.hpp - the compute side: slots, injector, inbox, arena, and the laws between them.  [floor: cpu]
//
//   outside threads --submit--> injector --+
//   reactor         --resume--> inbox -----+--> slots' deques --> workers (anchor thread + TBB's threads)
//   workers         --submit--> own deque -+
//
// Threads     submit, resume: any.  work(): one thread a slot.  shutdown: one thread, once.  The owner outlives all.
// Invariants  E1  attempts = ok + failed + cancelled + rejected whenever quiet() holds (D9); attempts are counted on
//                 the way in, the others where jobs end or are refused
//             E2  a job in any queue => some worker is active, or is being woken (sync/activity.hpp)
//             E3  after close() every attempt is either refused or waited for (sync/entrance.hpp)
#pragma once

#include <weir/detail/executor_core.hpp>
#include <weir/report.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cpu/arena.hpp"
#include "cpu/injector.hpp"
#include "cpu/slot.hpp"
#include "sync/activity.hpp"
#include "sync/bell.hpp"
#include "sync/entrance.hpp"
#include "sync/gate.hpp"
#include "sync/inbox.hpp"
#include "sync/stall.hpp"

namespace weir::inline v0::cpu {

/// What to do with a submission that finds the queue full.
enum class full_policy : std::uint8_t { wait, reject, run_inline };
using detail::admission;

struct engine_options {
  unsigned workers = 1;
  std::size_t queue_capacity = 65536;
  std::string name = "weir";
  std::chrono::nanoseconds spin{20'000};  ///< how long a worker looks for work before it sleeps
  std::function<void(unsigned)> on_thread_start, on_thread_stop;
  detail::scheduler* sched = nullptr;
  std::function<void(const report&)> on_report;
};

struct engine_counts {
  std::uint64_t attempts = 0, ok = 0, failed = 0, cancelled = 0, rejected = 0;
  std::uint64_t stolen = 0, parked = 0;
  [[nodiscard]] std::uint64_t ended() const noexcept { return ok + failed + cancelled + rejected; }
};

class engine {
 public:
  explicit engine(engine_options options);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Admits a prefix of jobs (all of one lane) and returns its length; the rest were refused for `why`. Each job
  /// counts as `weight` attempts. Blocks only under full_policy::wait, on threads that are not weir's.
  [[nodiscard]] std::size_t submit(job* const* jobs, std::size_t n, std::uint64_t weight, full_policy policy,
                                   admission& why);
  /// As detail::due_target.
  [[nodiscard]] admission submit_due(job& j) noexcept;

  /// The two halves of an admission that happens elsewhere (strands): false: closed, and n are counted as rejected.
  [[nodiscard]] bool attempt(std::uint64_t n) noexcept;
  void reject(std::uint64_t n) noexcept;
  /// Counts n items as ended on the calling thread.
  void count_items(outcome how, std::uint64_t n) noexcept;

  /// True on a worker with nothing left that a thief could take.
  [[nodiscard]] bool hungry() const noexcept;
  /// Puts j on the calling worker's own deque. False: not a worker, or no room.
  [[nodiscard]] bool share(job& j) noexcept;

  /// Makes a job runnable that must not be refused (a task's continuation). Any thread; no allocation, no failure.
  void resume(job& j) noexcept;
  /// The same for a chain newest -> ... -> oldest linked through job::next, as one push.
  void resume_chain(job& newest, job& oldest) noexcept;

  /// Adds work that a worker has just made stealable; wakes one if somebody sleeps.
  void notify() noexcept {
    const sync::wake whom = activity_.must_wake();
    if (whom == sync::wake::nobody) return;
    detail::this_thread_context().woke_a_worker = true;
    arena_.deliver(whom);
  }
  /// The same for work from elsewhere, which all workers may be waiting for: then it is told that they do.
  void announce() noexcept;

  /// Blocks until every attempt so far has ended, or the deadline. True: quiet.
  bool wait_quiet(std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] bool quiet() const noexcept;

  /// No admission from outside from here on (E3); blocked producers are released. Workers may still submit: what runs
  /// may finish what it began.
  void close() noexcept;
  /// No admission at all.
  void close_fully() noexcept;
  /// From here on queued jobs are cancelled instead of run.
  void discard() noexcept {
    close_fully();
    discarding_.store(true, sync::memory_order_relaxed);
  }
  /// Stops the workers. Requires closed and quiet.
  void stop() noexcept;
  [[nodiscard]] bool running() const noexcept { return !stopped_.load(sync::memory_order_relaxed); }

  /// No worker runs or looks for work, and there is none.
  [[nodiscard]] bool asleep() const noexcept { return activity_.active_now() == 0 && !anything_to_do(); }

  [[nodiscard]] unsigned workers() const noexcept { return static_cast<unsigned>(slots_.size()); }
  [[nodiscard]] unsigned granted() const noexcept { return arena_.granted(); }
  [[nodiscard]] engine_counts counts() const noexcept;
  [[nodiscard]] std::uint64_t slot_ok(unsigned index) const noexcept { return slots_[index].ok.read(); }
  /// ": parse, a job without a name": what runs on the workers now; "" when nothing does. Any thread.
  [[nodiscard]] std::string running_names() const;
  [[nodiscard]] const injector& queue() const noexcept { return injector_; }
  [[nodiscard]] const engine_options& options() const noexcept { return options_; }
  [[nodiscard]] bool is_worker_here() const noexcept;

  // --- the worker's side (cpu/worker.cpp) ---

  enum class stint : std::uint8_t { idle, slice_over };
  /// Runs jobs on a claimed slot until there is nothing to do, or the slice is over. The caller is counted active.
  stint work(slot& mine, std::chrono::steady_clock::time_point slice_end);
  [[nodiscard]] bool anything_to_do() const noexcept;
  [[nodiscard]] slot* claim(unsigned first) noexcept;
  void release(slot& s) noexcept;
  sync::activity& activity() noexcept { return activity_; }
  /// Steals something that descends from `awaited`, which the thief runs. Null: found nothing.
  [[nodiscard]] fork_job* leapfrog(slot& thief, const fork_job& awaited) noexcept;
  [[nodiscard]] slot& slot_at(unsigned index) noexcept { return slots_[index]; }

  // thread_context hooks of a worker (cpu/tenancy.hpp)
  static void count_helped(detail::thread_context& here, outcome how) noexcept;
  static void blocking(detail::thread_context& here, bool begins) noexcept;
  void run_stolen(slot& mine, slot& victim, fork_job& j) noexcept;

 private:
  [[nodiscard]] slot* my_slot() const noexcept;
  [[nodiscard]] bool attempt(slot* mine, std::uint64_t n) noexcept;
  [[nodiscard]] bool open_to(const slot* mine) const noexcept;
  std::size_t push_local(slot& mine, job* const* jobs, std::size_t n);
  [[nodiscard]] std::size_t push_some(slot* mine, job* const* jobs, std::size_t n, full_policy policy, admission& why);
  [[nodiscard]] bool run_inline(slot* mine, job& j);
  [[nodiscard]] admission when_full(slot* mine, job& j, full_policy policy);

  job* next(slot& mine);
  job* out_of_turn(slot& mine);
  job* take_inbox(slot& mine);
  job* take_chain(slot& mine, job* chain);
  job* take_injected(slot& mine);
  job* take_lane(slot& mine, unsigned lane, std::size_t max);
  void run_branch(slot& mine, slot& victim, detail::branch& b) noexcept;
  void run(slot& mine, job& j) noexcept;
  bool steal_and_run(slot& mine, sync::search& search, bool jobs_too);
  static void count(slot& mine, outcome how, std::uint64_t n = 1) noexcept;
  void settle(slot& mine) noexcept;
  void tell_waiters() noexcept;
  void tell_if_stuck() noexcept;
  void end_leftovers() noexcept;

  const engine_options options_;
  sync::activity activity_;
  sync::stall stall_;  // workers that wait inside a job
  sync::gate visits_;  // of threads from outside, in resume()
  std::vector<slot> slots_;
  injector injector_;
  std::array<std::uint32_t, lanes> most_owed_;  // credits of ended jobs that a worker may keep back
  sync::inbox<job, &job::next> inbox_;
  sync::entrance open_;         // to outside threads
  sync::entrance open_inside_;  // to workers
  sync::atomic<bool> stopped_{false};
  sync::atomic<bool> discarding_{false};
  sync::atomic<std::uint64_t> stuck_since_{~std::uint64_t{0}};  // jobs that had ended when all of them were told to

  // Jobs that end or are refused on threads that hold no slot.
  struct outside_counts {
    sync::shared_tally attempts;  // of threads for which there was no memory to lease a producer
    sync::shared_tally ok, failed, cancelled, rejected;
  } outside_;

  sync::bell quiet_bell_;

  arena arena_;  // last: its threads use everything above
};

}  // namespace weir::inline v0::cpu
