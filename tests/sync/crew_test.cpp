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

}  // namespace

TEST_CASE("crew: the anchor is woken first, then one guest is invited, and no second one while it is on its way") {
  activity a{4};
  crew c{a};
  host h;
  REQUIRE(a.must_wake());
  c.wake_one(h);
  CHECK(h.invitations == 0);
  c.anchor_parks();  // the wake-up is there: returns at once

  REQUIRE(a.must_wake());
  c.wake_one(h);
  CHECK(h.invitations == 1);
  CHECK(a.active_now() == 2);     // the anchor and the guest [A1]
  CHECK(a.searching_now() == 0);  // the guest has not started [A4]
  REQUIRE(a.must_wake());
  c.wake_one(h);
  CHECK(h.invitations == 1);
  CHECK(a.active_now() == 2);

  c.guest_starts(true);
  a.start_searching();
  CHECK_FALSE(c.guest_stays(h));
  CHECK(a.active_now() == 1);
}

TEST_CASE("crew: an invitation that fails is not counted and is tried again") {
  activity a{2};
  crew c{a};
  host h;
  REQUIRE(a.must_wake());
  c.wake_one(h);
  h.accepts = false;
  for (int tries = 1; tries <= 2; ++tries) {
    REQUIRE(a.must_wake());
    c.wake_one(h);
    CHECK(h.invitations == tries);
    CHECK(a.active_now() == 1);
  }
}

TEST_CASE("crew: work that a declining guest was woken for goes to the anchor") {
  activity a{2};
  crew c{a};
  host h;
  REQUIRE(a.must_wake());
  c.wake_one(h);
  c.anchor_parks();
  REQUIRE(a.must_wake());
  c.wake_one(h);  // a guest is on its way
  a.start_searching();
  CHECK_FALSE(c.anchor_stays(h));
  h.work = true;
  c.guest_starts(true);
  c.guest_declines(h);
  c.anchor_parks();  // returns
  CHECK(a.active_now() == 1);
}

TEST_CASE("crew: a job posted while the anchor lies down is taken") {
  activity a{1};
  crew c{a};
  host h;
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
    if (a.must_wake()) c.wake_one(h);
    while (taken.load() <= i) std::this_thread::yield();
  }
  stop = true;
  c.let_go();
  anchor.join();
  CHECK(taken == jobs);
}
