// cpu/slot.hpp - what a worker owns: its deques and its counters.                          [floor: cpu]
//
// A slot belongs to the engine, not to a thread: the anchor holds slot 0 for ever, TBB's threads claim a free one for a
// stint and release it (D1). Whoever holds a slot is "the owner" of its deques; claim and release hand everything over.
//
//   jobs   submitted from this worker, and what it took from the injector and has not run yet
//   forks  children of the fork-join calls on this worker's stack; strictly nested, so a join pops its own child
//   branches  the unstarted children of the coroutine forks on this worker's stack; strictly nested
//   (detail/fork_group.hpp)
//
// All are visible to thieves from the moment of the push: nothing can hide behind a long leaf (D2).
#pragma once

#include <weir/detail/branch.hpp>
#include <weir/detail/fork.hpp>
#include <weir/detail/job.hpp>
#include <weir/detail/thread_context.hpp>

#include <cstdint>

#include "sync/backlog.hpp"
#include "sync/seat.hpp"
#include "sync/stint.hpp"
#include "sync/tally.hpp"
#include "sync/work_deque.hpp"

namespace weir::inline v0::cpu {

class engine;
using detail::fork_job;
using detail::job;
using detail::outcome;
using sync::tally;

struct alignas(128) slot {
  engine* owner = nullptr;
  unsigned index = 0;

  sync::work_deque<job*> jobs{4096};
  detail::fork_seat forks;
  detail::seat_for<detail::branch> branches;

  sync::backlog<job> backlog;  // what this worker took out of the inbox and has no room for yet, oldest first

  // Leapfrogging (D15): while this worker runs a stolen fork, the entries of `forks` from base on descend from it.
  sync::stint<fork_job, detail::fork_place> stolen;

  // Owner only.
  unsigned tick = 0;
  unsigned takes = 0;
  unsigned steal_seed = 0;
  unsigned chunk = 1;  // how many jobs to take from the injector at once
  std::uint64_t chunk_taken_at = 0;
  std::uint32_t owed_credits[3]{};  // of jobs that have ended, not yet given back
  std::uint8_t lane = 1;            // of the job that runs: local submissions inherit it
  unsigned leapfrogs = 0;           // nested helping on this stack

  sync::atomic<const char*> running{nullptr};  // the job's name, for reports; relaxed: it orders nothing

  // Accounting (D9): attempts on the way in, the rest where jobs end.
  tally attempts, rejected, ok, failed, cancelled;
  tally stolen_jobs, parked;

  alignas(64) sync::seat seat;  // who works here
};

}  // namespace weir::inline v0::cpu
