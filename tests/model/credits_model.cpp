// sync/credits.hpp: never above the capacity, no lost wake-up, nobody waits after close(), counts are exact.
#include "sync/credits.hpp"

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT
using gate = sync::basic_credits<2>;

// Takers note how many credits are out; a dip or an excess shows in the count.
struct checked {
  explicit checked(std::size_t capacity) : credits{capacity}, limit{static_cast<int>(capacity)} {}
  gate credits;
  sync::atomic<int> out{0};
  int limit;

  void took(int n) {
    model::require(out.fetch_add(n, std::memory_order_relaxed) + n <= limit, "[I1] never above the capacity");
  }
  void gives(int n, bool last = false) {
    out.fetch_sub(n, std::memory_order_relaxed);
    credits.give(static_cast<std::size_t>(n), last);
  }
};

void strict_bound(int takers) {
  checked c{2};
  for (int i = 0; i < takers; ++i)
    model::thread([&, i] {
      const auto want = static_cast<std::size_t>(1 + i % 2);
      if (!c.credits.try_take(want)) return;
      c.took(static_cast<int>(want));
      c.gives(static_cast<int>(want));
    });
  model::join();
  model::require(c.credits.in_use() == 0, "every credit is back");
  model::require(c.credits.high_water() <= 2, "high water within the capacity");
}

// Two that fit together must both get in, whatever a third one does that does not fit: a failed take leaves no dip.
void no_dip() {
  checked c{2};
  sync::atomic<int> got{0};
  for (int i = 0; i < 2; ++i)
    model::thread([&] {
      if (c.credits.try_take(1)) got.fetch_add(1, std::memory_order_relaxed);
    });
  model::thread([&] { model::require(!c.credits.try_take(3), "more than the capacity never fits"); });
  model::join();
  model::require(got.load(std::memory_order_relaxed) == 2, "[I1] a failed take is invisible");
}

void enter(gate& c) {
  while (!c.try_take()) model::require(c.wait(), "not closed");
}

// Producers of more items than fit; whoever put an item in also takes one out.
void producers_wait(int producers, int items, std::size_t capacity) {
  gate c{capacity};
  for (int p = 0; p < producers; ++p)
    model::thread([&, items] {
      for (int k = 0; k < items; ++k) {
        enter(c);
        c.give(1);
      }
    });
  model::join();
  model::require(c.in_use() == 0 && c.waiting() == 0, "all is back and nobody waits");
}

// A full queue, one producer behind it, a consumer that gives back one by one: no hysteresis may strand the producer.
void below_a_quarter() {
  gate c{8};
  model::require(c.try_take(8), "room");
  model::thread([&] { enter(c); });
  for (int i = 0; i < 8; ++i) c.give(1);
  model::join();
  model::require(c.in_use() == 1 && c.waiting() == 0, "the producer got in");
}

// The giver goes idle with less than a quarter free: `last` lets the waiter in.
void the_last_give() {
  gate c{8};
  model::require(c.try_take(8), "room");
  model::thread([&] { enter(c); });
  c.give(1, true);
  model::join();
  model::require(c.in_use() == 8, "the producer got in");
}

void bulk_in_parts() {
  checked c{2};
  model::thread([&] {
    for (std::size_t left = 3; left > 0;) {
      const std::size_t n = c.credits.take_up_to(left);
      if (n == 0) {
        model::require(c.credits.wait(), "not closed");
        continue;
      }
      c.took(static_cast<int>(n));
      left -= n;
      c.gives(static_cast<int>(n), true);
    }
  });
  model::thread([&] {
    enter(c.credits);
    c.took(1);
    c.gives(1, true);
  });
  model::join();
  model::require(c.credits.in_use() == 0, "every credit is back");
}

void close_releases() {
  gate c{1};
  model::require(c.try_take(), "room");
  sync::atomic<int> refused{0};
  for (int i = 0; i < 2; ++i)
    model::thread([&] {
      while (!c.try_take())
        if (!c.wait()) {
          refused.fetch_add(1, std::memory_order_relaxed);
          return;
        }
      model::require(false, "[I3] no take after close()");
    });
  c.close();
  c.give(1);
  model::join();
  model::require(refused.load(std::memory_order_relaxed) == 2 && c.in_use() == 0 && !c.try_take(), "[I3] closed");
}

void close_against_takes() {
  gate c{2};
  sync::atomic<int> admitted{0};
  for (int i = 0; i < 2; ++i)
    model::thread([&] {
      if (c.try_take()) admitted.fetch_add(1, std::memory_order_relaxed), c.give(1);
    });
  c.close();
  const std::size_t after = c.in_use();
  model::require(!c.try_take(), "[I3] closed");
  model::join();
  model::require(c.in_use() == 0 && after <= 2, "[I3] only falls");
}

// Zero in use: everything before the gives is visible.
void zero_means_done() {
  gate c{2};
  model::plain<int> work{0};
  model::require(c.try_take(2), "room");
  model::thread([&] {
    work = 1;
    c.give(1);
  });
  model::thread([&] { c.give(1); });
  if (c.in_use() == 0) model::require(work == 1, "[I4] the work before the give");
  model::join();
}

void stopped_thread() {
  gate c{4};
  for (int i = 0; i < 2; ++i)
    model::thread([&] {
      const model::lock_free section;
      if (c.try_take()) c.give(1);
    });
  model::join();
  model::require(c.in_use() <= 1 && c.try_take(2), "a stopped thread keeps at most what it took");
  c.close();
}

// The same for bulks and a close(), which stop, or meet what has stopped.
void stopped_bulk_or_close() {
  gate c{4};
  for (int i = 0; i < 2; ++i)
    model::thread([&] {
      const model::lock_free section;
      if (const std::size_t n = c.take_up_to(3); n != 0) c.give(n, true);
    });
  model::thread([&] {
    const model::lock_free section;
    (void)c.close();
  });
  model::join();
  model::require(c.in_use() <= 3, "a stopped thread keeps at most what it took");
  (void)c.close();
  model::require(!c.try_take(), "[I3] closed");
}

// A waiter that stops anywhere in wait(): givers go on, and let in whoever comes later.
void stopped_waiter() {
  gate c{1};
  model::require(c.try_take(), "room");
  model::thread([&] {
    const model::lock_free section;
    while (!c.try_take()) (void)c.wait();
    c.give(1, true);
  });
  c.give(1, true);
  model::join();
  model::require(c.in_use() <= 1, "a stopped waiter has at most the one it took");
  (void)c.close();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"credits: three takers, strict bound [I1]", {.preemptions = 3}, [] { strict_bound(3); }},
       {"credits: two takers, all schedules [I1]", {.preemptions = 100, .spurious = 1}, [] { strict_bound(2); }},
       {"credits: a failed take leaves no dip [I1]", {.preemptions = 3}, no_dip},
       {"credits: two producers, capacity 1 [I2]", {.preemptions = 2}, [] { producers_wait(2, 2, 1); }},
       {"credits: three producers, capacity 1 [I2]", {.preemptions = 2, .stale = 1}, [] { producers_wait(3, 1, 1); }},
       {"credits: three producers, capacity 2 [I2]", {.preemptions = 2, .stale = 1}, [] { producers_wait(3, 1, 2); }},
       {"credits: spurious wake-ups [I2]", {.preemptions = 2, .spurious = 2}, [] { producers_wait(2, 1, 1); }},
       {"credits: waiting below a quarter free [I2]", {.preemptions = 3}, below_a_quarter},
       {"credits: the last give wakes for any room [I2]", {.preemptions = 100}, the_last_give},
       {"credits: a bulk larger than the capacity [I2]", {.preemptions = 3}, bulk_in_parts},
       {"credits: close() releases the waiters [I3]", {.preemptions = 2}, close_releases},
       {"credits: close() against takes [I3]", {.preemptions = 3}, close_against_takes},
       {"credits: zero in use means done [I4]", {.preemptions = 100}, zero_means_done},
       {"credits: lock-free", {.preemptions = 3, .stop_forever = true}, stopped_thread},
       {"credits: lock-free, bulks and close()",
        {.preemptions = 2, .stale = 1, .stop_forever = true},
        stopped_bulk_or_close},
       {"credits: lock-free beside a stopped waiter", {.preemptions = 3, .stop_forever = true}, stopped_waiter}});
}
