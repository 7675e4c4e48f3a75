#include <weir/detail/fork.hpp>

#include "cpu/engine.hpp"
#include "sync/join_flag.hpp"

namespace weir::inline v0::detail {

thread_local constinit fork_seat* this_fork_seat = nullptr;

namespace {

constexpr int spins_before_blocking = 2000;  // with pauses about 20 us: a stolen child is often nearly done
constexpr unsigned deepest_leapfrog = 32;    // nested helping on one stack

cpu::slot& current_slot() noexcept { return *static_cast<cpu::slot*>(this_thread_context().engine); }

// Waits for a stolen child: helps its thief with the child's own descendants, then spins, then blocks.
void wait_for(cpu::slot& mine, fork_job& j) noexcept {
  for (int spin = 0; spin < spins_before_blocking; ++spin) {
    if (sync::join_flag::is_done(j.state)) return;
    const std::uint16_t thief = j.thief.load(sync::memory_order_acquire);  // from run_stolen()
    if (thief != 0 && mine.leapfrogs < deepest_leapfrog && mine.owner->leapfrog(mine, thief - 1U, j)) {
      spin = 0;
      continue;
    }
    sync::pause();
  }
  thread_context& here = this_thread_context();
  here.blocking(here, true);
  sync::join_flag::wait(j.state);
  here.blocking(here, false);
}

}  // namespace

fork_place fork_slowly(fork_job& j) noexcept {
  fork_seat* const seat = this_fork_seat;
  const fork_place p = seat == nullptr ? nowhere : seat->deque.push_checked(&j);
  if (p != nowhere) current_slot().owner->notify();
  return p;
}

void fork_wakes() noexcept { current_slot().owner->notify(); }

bool take_back_slowly(fork_job& j, fork_place p) noexcept {
  if (p == nowhere || this_fork_seat->deque.take_back_checked(p)) return true;
  wait_for(current_slot(), j);
  return false;
}

}  // namespace weir::inline v0::detail
