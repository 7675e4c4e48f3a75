// weir/detail/fork_run.hpp - one thread's turn at a coroutine fork.                           [floor: coro]
//
// On the stack of whoever starts the children, who are told its address.
#pragma once

#include <weir/detail/branch.hpp>
#include <weir/detail/branches.hpp>
#include <weir/detail/fork_seat.hpp>

#include <cstdint>

namespace weir::inline v0::detail {

class fork_group;
using branch_seat = seat_for<branch>;

struct fork_run : branch_run<fork_group, branch_seat> {
  fork_run(fork_group& g, fork_run* outer, branch_seat* s, std::uintptr_t limit, std::uint16_t first) noexcept
      : branch_run{g, s, first}, up{outer}, stack_limit{limit} {}
  /// Under another one.
  fork_run(fork_group& g, fork_run& outer) noexcept : fork_run{g, &outer, outer.deque(), outer.stack_limit, 0} {}

  bool left = false;   ///< the running child has left us
  fork_run* const up;  ///< the run whose child is our group's parent; null: none on this stack
  const std::uintptr_t stack_limit;
};

}  // namespace weir::inline v0::detail
