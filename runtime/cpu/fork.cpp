#include <weir/detail/fork.hpp>

#include "cpu/engine.hpp"
#include "sync/join_flag.hpp"

namespace weir::inline v0::detail {

namespace {

constexpr int spins_before_blocking = 2000;  // with pauses about 20 us: a stolen child is often nearly done
constexpr unsigned deepest_leapfrog = 32;    // nested helping on one stack

cpu::slot* current_slot() noexcept {
  const thread_context& here = this_thread_context();
  return here.role == thread_role::worker ? static_cast<cpu::slot*>(here.engine) : nullptr;
}

// Waits for a stolen child: helps its thief with the child's own descendants, then spins, then blocks.
void wait_for(cpu::slot& mine, fork_job& j) noexcept {
  for (int spin = 0; spin < spins_before_blocking; ++spin) {
    if (sync::join_flag::is_done(j.state)) return;
    auto* const thief = static_cast<cpu::slot*>(j.thief.load(std::memory_order_acquire));  // from run_stolen()
    if (thief != nullptr && mine.leapfrogs < deepest_leapfrog) {
      if (fork_job* const theirs = mine.owner->leapfrog(*thief, j)) {
        ++mine.leapfrogs;
        mine.owner->run_stolen(mine, *thief, *theirs);
        --mine.leapfrogs;
        spin = 0;
        continue;
      }
    }
    sync::pause();
  }
  thread_context& here = this_thread_context();
  here.blocking(here, true);
  sync::join_flag::wait(j.state);
  here.blocking(here, false);
}

}  // namespace

bool fork(fork_job& j) noexcept {
  cpu::slot* const mine = current_slot();
  if (mine == nullptr || !mine->forks.push(&j)) return false;
  mine->owner->notify();
  return true;
}

bool join(fork_job& j) noexcept {
  cpu::slot& mine = *current_slot();
  if (mine.forks.pop() != nullptr) return true;  // strict nesting: the youngest is j
  wait_for(mine, j);
  return false;
}

bool fork_wanted() noexcept {
  const cpu::slot* const mine = current_slot();
  return mine != nullptr && mine->forks.looks_empty();
}

}  // namespace weir::inline v0::detail
