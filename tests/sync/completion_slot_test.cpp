#include "sync/completion_slot.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>

#include "support/stress.hpp"

using namespace weir;
using namespace weir_test;

namespace {

struct alignas(16) waiter {
  waiter* next = nullptr;
  int id = 0;
};

struct fixture {
  sync::atomic<std::uintptr_t> word{0};
  sync::atomic<std::uint32_t> gate{0};
  sync::completion_slot<waiter> slot{word, gate};
};

}  // namespace

TEST_CASE("completion_slot: one claim wins, and a claim given back can be won again [S1]") {
  fixture f;
  CHECK(f.slot.queued());
  CHECK(f.slot.claim());
  CHECK_FALSE(f.slot.claim());
  CHECK_FALSE(f.slot.queued());
  f.slot.unclaim();
  CHECK(f.slot.claim(f.slot.revoked));
  CHECK(f.slot.is_revoked());
  CHECK(f.slot.finish(f.slot.revoked) == nullptr);
  CHECK(f.slot.is_revoked());  // the queue's place still has to learn it
  CHECK(f.slot.ready());
  CHECK_FALSE(f.slot.claim());
}

TEST_CASE("completion_slot: waiters come back in the order they came, later ones are refused [S2]") {
  fixture f;
  waiter a{nullptr, 1}, b{nullptr, 2}, c{nullptr, 3}, late;
  CHECK(f.slot.enlist(a));
  CHECK(f.slot.claim());  // a claim keeps the waiters
  CHECK(f.slot.enlist(b));
  CHECK(f.slot.enlist(c));
  CHECK_FALSE(f.slot.ready());
  waiter* w = f.slot.finish();
  for (int id = 1; id <= 3; ++id, w = w->next) REQUIRE(w->id == id);
  CHECK(w == nullptr);
  CHECK_FALSE(f.slot.enlist(late));
}

TEST_CASE("completion_slot: a timed wait ends without a result and leaves nothing behind [S3]") {
  fixture f;
  CHECK_FALSE(f.slot.wait(1));
  CHECK_FALSE(f.slot.ready());
  CHECK(f.slot.claim());
  CHECK(f.slot.finish() == nullptr);
  CHECK(f.slot.wait());  // at once
}

TEST_CASE("completion_slot: a waiter that registers keeps the claim and the sleeping threads [S1, S3]") {
  fixture f;
  waiter w;
  CHECK_FALSE(f.slot.wait(1));  // a thread has announced itself
  CHECK(f.slot.claim());
  CHECK(f.slot.enlist(w));
  CHECK_FALSE(f.slot.claim());
  CHECK(f.slot.finish() == &w);
  CHECK(f.gate == 1);
}

TEST_CASE("completion_slot: racing finish, enlist, wait and claims: nobody lost, nobody woken twice [S1, S2, S3]") {
  std::unique_ptr<fixture> f;
  waiter w;
  int value = 0, seen_by_thread = 0;
  bool listed = false;
  waiter* taken = nullptr;
  std::atomic<int> winners{0};
  int bad = 0;
  stress::race(
      stress::rounds(20'000),
      [&](int i) {
        f = std::make_unique<fixture>();
        w = waiter{nullptr, i};
        taken = nullptr, listed = false, value = 0, seen_by_thread = -1, winners = 0;
      },
      [&](int i) {
        const bool right = winners == 1 && seen_by_thread == i && (listed ? taken == &w : taken == nullptr);
        if (!right) ++bad;
      },
      [&](int i) {
        if (f->slot.claim()) {
          ++winners;
          value = i;
          taken = f->slot.finish();
        }
      },
      [&](int) { listed = f->slot.enlist(w); },
      [&](int i) {
        if (i % 2 == 0 && f->slot.claim()) {
          ++winners;
          value = i;
          taken = f->slot.finish();
        }
        while (!f->slot.ready()) f->slot.wait();
        seen_by_thread = value;
      });
  CHECK(bad == 0);
}
