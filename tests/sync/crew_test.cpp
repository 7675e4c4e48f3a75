#include "sync/crew.hpp"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

using weir::sync::activity;
using weir::sync::crew;

namespace {

struct host {
  std::atomic<bool> work{false};
  bool accepts = true;
  int invitations = 0;

  [[nodiscard]] bool anything_to_do() const { return work.load(std::memory_order_relaxed); }
  bool invite(bool) {
    ++invitations;
    return accepts;
  }
};

/// A crew with everybody asleep, and what invites its guests.
struct team {
  explicit team(unsigned workers) : a{workers} {}
  /// As a producer does after publishing.
  void wake() { c.deliver(a.must_wake(), h); }
  /// The anchor is woken, and a guest invited that starts.
  void guest_arrives() {
    wake();
    wake();
    c.guest_starts(true);
  }

  activity a;
  crew c{a};
  host h;
};

}  // namespace

TEST_CASE("crew: the anchor is woken first, then one guest is invited, and no second one while it is on its way") {
  team t{4};
  auto& [a, c, h] = t;
  t.wake();
  CHECK(h.invitations == 0);
  c.anchor_parks();  // the wake-up is there: returns at once

  t.wake();
  CHECK(h.invitations == 1);
  CHECK(a.active_now() == 2);     // the anchor and the guest [A1]
  CHECK(a.searching_now() == 0);  // the guest has not started [A4]
  t.wake();
  CHECK(h.invitations == 1);
  CHECK(a.active_now() == 2);

  c.guest_starts(true);
  a.start_searching();
  CHECK_FALSE(c.guest_stays(h));
  CHECK(a.active_now() == 1);
}

TEST_CASE("crew: an invitation that fails is not counted and is tried again") {
  team t{2};
  auto& [a, c, h] = t;
  t.wake();
  h.accepts = false;
  for (int tries = 1; tries <= 2; ++tries) {
    t.wake();
    CHECK(h.invitations == tries);
    CHECK(a.active_now() == 1);
  }
}

TEST_CASE("crew: while no guest can be had, work that is left keeps nobody inviting for ever [V1]") {
  team t{2};
  auto& [a, c, h] = t;
  h.work = true;
  t.wake();
  h.accepts = false;
  t.wake();
  CHECK(h.invitations == 1);
  CHECK(a.active_now() == 1);
}

TEST_CASE("crew: a guest that declines is not counted and keeps nobody from being woken [V1]") {
  team t{2};
  auto& [a, c, h] = t;
  t.guest_arrives();
  c.guest_declines();
  CHECK(a.active_now() == 1);
  t.wake();
  CHECK(h.invitations == 2);
}

TEST_CASE("crew: a guest that sees no free place has a fresh one invited for what is left [V3]") {
  team t{3};
  auto& [a, c, h] = t;
  t.guest_arrives();
  h.work = true;
  c.guest_goes(h);
  CHECK(h.invitations == 2);
  CHECK(a.active_now() == 2);
}

TEST_CASE("crew: a job posted while the anchor lies down is taken") {
  team t{1};
  auto& [a, c, h] = t;
  std::atomic<int> taken{0};
  std::atomic<bool> stop{false};
  constexpr int jobs = 5'000;
  std::thread anchor{[&] {
    while (!stop.load()) {
      c.anchor_parks();
      do {
        a.start_searching();
        if (h.work.exchange(false)) ++taken;
      } while (!stop.load() && c.anchor_stays(h));
    }
  }};
  for (int i = 0; i < jobs; ++i) {
    h.work.store(true, std::memory_order_relaxed);
    t.wake();
    while (taken.load() <= i) std::this_thread::yield();
  }
  stop = true;
  c.let_go();
  anchor.join();
  CHECK(taken == jobs);
}
