// sync/visitor.hpp - a thread that comes and goes very often, and somebody who must know it gone, once.  [floor: sync]
//
// Each thread has a visitor of its own. It enters, looks whether a door is open, uses what is behind it if so, leaves.
// Whoever shuts the door waits until nobody is behind it any more.
//
// Threads     enter, leave: the thread whose visitor it is.   wait_until_gone: who has shut the door.
// Requires    the door is an atomic that the thread reads between enter and leave, acquire; opened by a release
// Invariants  V1  when wait_until_gone() has returned for all visitors, nobody is behind the door, and what they did
//                 there is visible; the door stays shut for all who come
// Steps       E1 inside = true     E2 light fence     E3 the door (acquire)     E4 inside = false, release
//             C1 door = shut       C2 heavy fence     C3 inside == false, acquire
// Why V1      E2 against C2: E3 sees C1, or C3 sees E1 and waits for E4. So does a walk in C3's place see a visitor
//             that was made known before its E1.
// Lock-free   enter, leave. wait_until_gone() waits for a visitor that has stopped inside.
// Checked: tests/model/visitor_model.cpp
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

class visitor {
 public:
  void enter() noexcept {
    inside_.store(true, memory_order_relaxed);  // (E1)
    fence_light();                              // (E2) against C2
  }
  void leave() noexcept { inside_.store(false, memory_order_release); }  // (E4) to C3

  /// After shutting the door and a heavy fence (C1, C2).
  void wait_until_gone() const noexcept {
    while (inside_.load(memory_order_acquire)) pause();  // (C3) from E4
  }

 private:
  atomic<bool> inside_{false};
};

}  // namespace weir::inline v0::sync
