// sync/crew.hpp - one thread that always comes when it is woken, and guests who may come late.   [floor: sync]
//
// The anchor is ours and sleeps on a parker. Guests are invited through somebody else's queue, which starts them when
// it likes; they leave when they find nothing to do, or hand their place to a fresh invitation. Whom a wake-up goes to
// is decided, and both are counted, in the word of sync/activity.hpp; this file delivers.
//
// Threads     deliver: any.  anchor_*: the anchor.  guest_*: guests.  let_go: who ends it all.
// Host        anything_to_do(): whether any queue holds work.   invite(first): asks for a guest, false: no memory
// Invariants  A1  guests out (running, invited or re-invited) are counted active; there are at most workers - 1 of them
//             A2  the anchor leaves the count and can be woken from then on: one RMW
//             A4  only who runs counts as searching: a guest that has not started yet keeps nobody asleep for ever
//             A5  work in any queue => somebody is active who will look again, or is being woken
// Steps       D1  the anchor: unpark it     D2  a guest: invite it
//             V1  a wake-up comes to nothing: no memory for the invitation, or the guest must not work, or has no place
//             V2  heavy fence     V3  look, and if there is more, deliver another wake-up. Only where a fresh guest
//                 will fare better: whatever refuses an invitation, or a guest inside a job, would do so again, for
//                 ever. Nothing is lost without it: who left because of this wake-up saw the anchor awake, and that
//                 looks (S3)
// Order       The parker publishes what precedes D1 to the anchor, invite() what precedes D2 to the guest.
// Checked: tests/model/activity_model.cpp, injector_model.cpp
#pragma once

#include "sync/activity.hpp"
#include "sync/parker.hpp"

namespace weir::inline v0::sync {

class crew {
 public:
  explicit crew(activity& counted) noexcept : activity_{counted} {}
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;

  /// Delivers a wake-up that must_wake() has counted.
  template <class Host>
  void deliver(wake whom, Host& host) noexcept {
    if (whom == wake::anchor) parker_.unpark();                              // (D1)
    if (whom == wake::guest && !host.invite(true)) activity_.give_up(true);  // (D2, V1)
  }

  // --- the anchor ---

  /// Sleeps until it is counted and woken, or let_go().
  void anchor_parks() noexcept { parker_.park(); }
  /// Wakes the anchor so that it sees a reason to end, which the caller has published.
  void let_go() noexcept { parker_.unpark(); }

  /// The anchor has found nothing. True: there is something after all and it is counted again. False: it parks; if a
  /// wake-up was delivered meanwhile, that returns at once.
  template <class Host>
  [[nodiscard]] bool anchor_stays(Host& host) noexcept {
    activity_.anchor_leaves();  // (A2)
    return host.anything_to_do() && activity_.anchor_comes_back();
  }

  // --- guests; counted active, not searching, when they start ---

  /// first: invited by deliver(), else by guest_renews().
  void guest_starts(bool first) noexcept {
    if (first) activity_.guest_starts();
  }

  /// The guest has come at a moment when it must not work, and goes.
  void guest_declines() noexcept { activity_.give_up(); }  // (V1)

  /// The guest has given its place back and found nothing. True: there is something after all, it is counted again.
  template <class Host>
  [[nodiscard]] bool guest_stays(Host& host) noexcept {
    activity_.guest_leaves();
    if (!host.anything_to_do()) return false;
    if (activity_.guest_comes_back()) return true;
    if (activity_.must_wake_anchor()) parker_.unpark();  // its place is kept for it (I1)
    return false;
  }

  /// The guest has given its place back although there was more: a fresh one takes over.
  template <class Host>
  void guest_renews(Host& host) noexcept {
    if (!host.invite(false)) activity_.give_up();  // (V1); else counted active, not searching (A1, A4)
  }

  /// Counted, but every place was somebody else's just now: a fresh guest will find one (A1).
  template <class Host>
  void guest_goes(Host& host) noexcept {
    activity_.give_up();                                              // (V1)
    fence_heavy();                                                    // (V2) against P2
    if (host.anything_to_do()) deliver(activity_.must_wake(), host);  // (V3)
  }

 private:
  activity& activity_;
  parker parker_;
};

}  // namespace weir::inline v0::sync
