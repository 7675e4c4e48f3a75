// sync/entrance.hpp - who comes in is counted first; after the close everyone is refused or waited for. [floor: sync]
//
// The count is the caller's (sync/tally.hpp, one writer each), so coming in costs no shared write and no fence.
// Threads     may_enter, is_open: any.  close: any, once or more.
// Invariant   E3  once close() has returned: who was let in is in the counts that the closer reads then, and everybody
//                 who counts himself later is refused
// Steps       N1  count the attempt (before)   N2  light fence   N3  read open_: closed, count it as refused
//             K1  open_ = false                K2  heavy fence   K3  read the attempts (after)
//             N2 and K2 order N1/N3 against K1/K3: N3 sees the close, or K3 sees the attempt.
// Checked: tests/model/shutdown_model.cpp
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class entrance {
 public:
  /// After the attempt has been counted. False: closed; the caller counts it as refused.
  [[nodiscard]] bool may_enter() const noexcept {
    fence_light();  // (N2) against K2
    return is_open();
  }

  /// A hint for those who are in and try again.
  [[nodiscard]] bool is_open() const noexcept { return open_.load(memory_order_relaxed); }

  void close() noexcept {
    open_.store(false, memory_order_relaxed);  // (K1) decides only; the counts carry what was done
    fence_heavy();                             // (K2) against N2
  }

 private:
  atomic<bool> open_{true};
};

}  // namespace weir::inline v0::sync
