#include <weir/detail/fork.hpp>

#include <algorithm>

#include "cpu/engine.hpp"
#include "sync/join_flag.hpp"

namespace weir::inline v0::detail {

thread_local constinit fork_seat* this_fork_seat = nullptr;

namespace {

constexpr int spins_before_blocking = 2000;  // with pauses about 20 us: a stolen child is often nearly done
constexpr unsigned deepest_leapfrog = 32;    // nested helping on one stack
constexpr std::int64_t shortest_nap_ns = 50'000, longest_nap_ns = 1'000'000;

cpu::slot& current_slot() noexcept { return *static_cast<cpu::slot*>(this_thread_context().engine); }

// Waits for a stolen child: helps its thief with the child's own descendants, spins, then naps. It keeps looking
// between naps, for the thief may be in a long serial part and fork later (the partition of a quicksort); a nap is a
// part of what has been waited already, so that looking costs little and a fork is noticed in time.
class join_wait {
 public:
  join_wait(cpu::slot& mine, fork_job& j) noexcept : mine_{mine}, job_{j} {}

  void run() noexcept {
    while (!sync::join_flag::is_done(job_.state)) {
      if (help()) continue;
      if (++spins_ < spins_before_blocking)
        sync::pause();
      else
        nap();
    }
    block(false);
  }

 private:
  // Runs something that descends from the child, if its thief has forked any.
  bool help() noexcept {
    const std::uint16_t index =
        job_.thief.load(sync::memory_order_relaxed);  // an index: sync/stint.hpp orders the rest
    if (index == 0 || mine_.leapfrogs >= deepest_leapfrog) return false;
    cpu::slot& thief = mine_.owner->slot_at(index - 1U);
    fork_job* const theirs = mine_.owner->leapfrog(thief, job_);
    if (theirs == nullptr) return false;
    block(false);
    ++mine_.leapfrogs;
    mine_.owner->run_stolen(mine_, thief, *theirs);
    --mine_.leapfrogs;
    spins_ = 0;
    nap_ns_ = shortest_nap_ns;
    return true;
  }

  void nap() noexcept {
    block(true);
    (void)sync::join_flag::wait_for(job_.state, nap_ns_);
    nap_ns_ = std::min(nap_ns_ + nap_ns_ / 8, longest_nap_ns);
  }

  void block(bool begins) noexcept {
    if (blocked_ == begins) return;
    blocked_ = begins;
    thread_context& here = this_thread_context();
    here.blocking(here, begins);
  }

  cpu::slot& mine_;
  fork_job& job_;
  int spins_ = 0;
  std::int64_t nap_ns_ = shortest_nap_ns;
  bool blocked_ = false;
};

}  // namespace

void fork_wakes() noexcept { current_slot().owner->notify(); }

bool take_back_slowly(fork_job& j, fork_place p) noexcept {
  if (p == nowhere || this_fork_seat->take_back_checked(p)) return true;
  join_wait{current_slot(), j}.run();
  return false;
}

}  // namespace weir::inline v0::detail
