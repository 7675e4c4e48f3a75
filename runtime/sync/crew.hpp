// sync/crew.hpp - one thread that always comes when it is woken, and guests who may come late.   [floor: sync]
//
// The anchor is ours and sleeps on a parker. Guests are invited through somebody else's queue, which starts them when
// it likes; they leave when they find nothing to do, or hand their place to a fresh invitation. Both are counted by
// sync/activity.hpp; this file decides whom a counted wake-up goes to.
//
//   wake_one():  anchor idle?  yes: unpark it   no: invite one guest, unless one is on its way
//
// Threads     wake_one, notify: any.  anchor_*: the anchor.  guest_*: guests.
// Host        anything_to_do(): whether any queue holds work.   invite(first): asks for a guest, false: no memory
// Invariants  A1  guests out (running, invited or re-invited) are counted active; there are at most workers - 1 of them
//             A2  the anchor marks itself idle before it leaves the activity word, so A1 holds in between
//             A4  only who runs counts as searching: a guest that has not started yet keeps nobody asleep
//             A5  work in any queue => somebody is active who will look again, or is being woken
// Steps       V1  a wake-up cannot be delivered (a guest is on its way already, or there is no memory for one): by an
//                 RMW it stops being counted
//             V2  look whether meanwhile the anchor has gone to sleep, or the guest on its way has started: then again
// Why         A waker whose P5 (sync/activity.hpp) comes before the anchor's leave() in the activity word is seen by
//             the anchor's second look; one whose P5 comes after it finds the anchor idle (A2). V2 is for those who saw
//             the given-up wake-up counted, and left: above all a guest that started, found everyone active because of
//             it, and brought nobody. It clears `coming_` before its F1; F1 and V1 are RMWs on one word, so either V2
//             sees it started, or the guest does not see the count.
//             `coming_`: who finds it set published its job before the guest's first look, which follows the guest's
//             RMW on it. Checked: tests/model/activity_model.cpp, injector_model.cpp
#pragma once

#include "sync/activity.hpp"
#include "sync/parker.hpp"

namespace weir::inline v0::sync {

class crew {
 public:
  explicit crew(activity& counted) noexcept : activity_{counted} {}
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;

  /// Delivers one wake-up that is counted active.
  template <class Host>
  void wake_one(Host& host) noexcept {
    for (;;) {
      if (wake_anchor()) return;
      // One on its way is enough: when it starts it looks, and brings the next.
      const bool first = !coming_.exchange(true, memory_order_acq_rel);  // release: the job, to that start
      if (first && invited(host)) return;                                // still active (A1)
      activity_.abandon();                                               // (V1)
      const bool started = !first && !coming_.load(memory_order_relaxed);
      if (!idle_.load(memory_order_relaxed) && !started) return;     // (V2) ordered by V1's RMW
      if (!host.anything_to_do() || !activity_.must_wake()) return;  // somebody else saw to it
    }
  }

  // --- the anchor ---

  /// Sleeps until it is counted and woken, or let_go().
  void anchor_parks() noexcept { parker_.park(); }
  /// Wakes the anchor so that it sees a reason to end, which the caller has published.
  void let_go() noexcept { parker_.unpark(); }

  /// The anchor has found nothing. True: there is something after all and it is counted again. False: it parks; if a
  /// wake-up was delivered meanwhile, that returns at once. As many active as there are workers, without the anchor,
  /// means (A1) that one of them is a wake-up on its way to the anchor.
  template <class Host>
  [[nodiscard]] bool anchor_stays(Host& host) noexcept {
    idle_.store(true, memory_order_release);  // (A2)
    activity_.leave();
    if (!host.anything_to_do() || !activity_.come_back()) return false;
    if (idle_.exchange(false, memory_order_acq_rel)) return true;
    activity_.abandon();  // a waker was faster and has counted us too
    return false;
  }

  // --- guests; counted active, not searching, when they start ---

  /// first: invited by wake_one(), else by guest_renews().
  void guest_starts(bool first) noexcept {
    if (first) coming_.exchange(false, memory_order_acq_rel);  // acquire: from wake_one()
  }

  /// The guest has no place to work at and goes; what it was woken for must not wait.
  template <class Host>
  void guest_declines(Host& host) noexcept {
    activity_.abandon();  // (V1)
    while (host.anything_to_do() && activity_.must_wake()) {
      if (wake_anchor()) return;
      activity_.abandon();                            // (V1)
      if (!idle_.load(memory_order_relaxed)) return;  // (V2) it is awake, and looks before it sleeps
    }
  }

  /// The guest has given its place back and found nothing. True: there is something after all, it is counted again.
  template <class Host>
  [[nodiscard]] bool guest_stays(Host& host) noexcept {
    activity_.leave();
    return host.anything_to_do() && activity_.come_back();
  }

  /// The guest has given its place back although there was more: a fresh one takes over.
  template <class Host>
  void guest_renews(Host& host) noexcept {
    if (host.invite(false)) return;  // counted active, not searching (A1, A4)
    wake_one(host);                  // given up: somebody must look after what it leaves
  }

  /// Counted again, but the place is somebody else's by now.
  template <class Host>
  void guest_goes(Host& host) noexcept {
    activity_.abandon();
    if (host.anything_to_do() && activity_.must_wake()) wake_one(host);
  }

 private:
  bool wake_anchor() noexcept {
    // The flag only elects who unparks; activity and parker carry the ordering.
    if (!idle_.load(memory_order_relaxed) || !idle_.exchange(false, memory_order_acq_rel)) return false;
    parker_.unpark();
    return true;
  }

  template <class Host>
  bool invited(Host& host) noexcept {
    if (host.invite(true)) return true;
    coming_.store(false, memory_order_relaxed);  // whoever relied on it: V2
    return false;
  }

  activity& activity_;
  parker parker_;
  atomic<bool> idle_{true};
  atomic<bool> coming_{false};  // a guest of wake_one() has been invited and has not started
};

}  // namespace weir::inline v0::sync
