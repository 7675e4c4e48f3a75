// sync/activity.hpp and sync/crew.hpp as cpu/engine.hpp and cpu/arena.cpp use them: a posted job always finds a worker.
// Worker 0 is the anchor, the others are guests: threads that come when invited and leave when idle. The queue is a
// stand-in that may say "empty" once although something is in it, as moodycamel's may; what was published is counted as
// the injector counts it, by single-writer tallies.
#include "sync/activity.hpp"

#include <array>
#include <utility>

#include "explorer/model.hpp"
#include "sync/crew.hpp"
#include "sync/seat.hpp"
#include "sync/tally.hpp"

namespace {

using namespace weir;  // NOLINT

/// What the environment does to one scenario.
struct weather {
  bool queue_lies = false;   ///< one spurious "empty"
  bool no_counts = false;    ///< who looks reads the queue itself, as the inbox: fewer steps, no wait for a count
  bool jobs_meet = false;    ///< a job ends only when all jobs run: who posts it must get a second worker
  bool guests_stay = false;  ///< invitations are taken and never followed: TBB's threads are somebody else's
  bool invitation_fails = false;
  bool slice_ends = false;      ///< a guest's first slice is over after one job
  bool already_busy = false;    ///< the anchor has been woken for a job when the producers begin
  bool place_passed = false;    ///< the first guest sees no free place
  bool guest_in_a_job = false;  ///< the first guest is picked up inside a job and declines
  bool cut_short = false;       ///< nobody goes on after the jobs have met: as many jobs as workers, all were found
};

template <unsigned Workers, std::size_t Producers>
struct arena {
  sync::activity activity{Workers};
  sync::crew crew{activity};
  sync::atomic<bool> stopping{false};
  std::array<sync::seat, Workers> seats;
  std::array<model::plain<int>, Workers> stints;  ///< what a slot holds: handed from one holder to the next
  std::array<sync::tally, Producers> pushed;
  std::array<sync::tally, Workers> taken;
  sync::atomic<int> queue{0}, ran{0};
  sync::atomic<std::uint32_t> met{0};
  weather now;
  int jobs = 0;
  bool over = false;  ///< cut short: no step of the protocol reads it

  // --- producers ---
  void post(std::size_t who) {
    queue.fetch_add(1, std::memory_order_relaxed);
    if (!now.no_counts) pushed[who].add();
    notify();
  }
  void notify() { crew.deliver(activity.must_wake(), *this); }

  // --- the crew's host ---
  bool invite(bool first) {
    if (now.invitation_fails && model::any_of(2) == 1) {
      now.invitation_fails = false;
      return false;
    }
    if (!now.guests_stay) model::thread([this, first] { guest(first); });
    return true;
  }
  bool anything_to_do() {
    if (now.no_counts) return queue.load(std::memory_order_relaxed) != 0;
    return sync::outstanding([&] { return sync::total(taken); }, [&] { return sync::total(pushed); }) != 0;
  }

  // --- workers ---
  bool take(std::size_t slot) {
    if (now.queue_lies && model::any_of(2) == 1) {
      now.queue_lies = false;
      return false;
    }
    int n = queue.load(std::memory_order_relaxed);
    while (n > 0)
      if (queue.compare_exchange_strong(n, n - 1, std::memory_order_acquire, std::memory_order_relaxed)) {
        if (!now.no_counts) taken[slot].add();
        return true;
      }
    return false;
  }
  void run() {
    if (now.jobs_meet) {
      std::uint32_t n = met.fetch_add(1, std::memory_order_relaxed) + 1;
      if (n == static_cast<std::uint32_t>(jobs)) sync::futex_wake(met, 8);
      for (; n < static_cast<std::uint32_t>(jobs); n = met.load(std::memory_order_relaxed)) sync::futex_wait(met, n);
      if (now.cut_short) {
        over = true;
        return;
      }
    }
    if (ran.fetch_add(1, std::memory_order_relaxed) + 1 < jobs) return;
    stopping.store(true, std::memory_order_relaxed);
    crew.let_go();
  }
  /// True: the slice is over. False: there is nothing to do.
  bool work(std::size_t slot, bool sliced) {
    ++stints[slot];
    sync::search search{activity};
    for (bool searching = true;;) {
      if (take(slot)) {
        search.found(*this);
        searching = false;
        run();
        if (over) return false;
        if (sliced && std::exchange(now.slice_ends, false)) return true;
      } else if (!std::exchange(searching, true)) {
        search.found_nothing();
      } else {
        sync::pause();  // the search spins; here once
        return false;
      }
    }
  }
  void anchor() {
    for (;;) {
      crew.anchor_parks();
      do {
        if (stopping.load(std::memory_order_relaxed)) return;
        (void)work(0, false);
        if (over) return;
      } while (crew.anchor_stays(*this));
    }
  }
  /// A place, or 0: none is free.
  std::size_t claim() {
    for (std::size_t slot = 1; slot < Workers; ++slot)
      if (seats[slot].try_take()) return slot;
    return 0;
  }
  void guest(bool first) {
    crew.guest_starts(first);
    if (std::exchange(now.guest_in_a_job, false)) return crew.guest_declines();
    const bool passed = std::exchange(now.place_passed, false);
    if (passed) sync::pause();  // it has looked at every place: others have gone on meanwhile
    std::size_t slot = passed ? 0 : claim();
    for (; slot != 0; slot = claim()) {
      const bool slice_over = work(slot, true);
      if (over) return;
      seats[slot].leave();
      if (slice_over) return crew.guest_renews(*this);
      if (!crew.guest_stays(*this)) return;
    }
    crew.guest_goes(*this);
  }
};

template <unsigned Workers, std::size_t Producers>
void every_job_runs(int each, weather now = {}) {
  arena<Workers, Producers> a;
  a.now = now;
  a.jobs = static_cast<int>(Producers) * each;
  if (now.already_busy) {
    ++a.jobs;
    a.post(0);
  }
  const auto produce = [&](std::size_t who) {
    for (int k = 0; k < each; ++k) a.post(who);
  };
  model::thread([&] { a.anchor(); });
  for (std::size_t p = 1; p < Producers; ++p) model::thread([&, p] { produce(p); });
  produce(0);  // on this thread: one less to schedule
  model::join();
  const int ended =
      now.cut_short ? static_cast<int>(a.met.load(std::memory_order_relaxed)) : a.ran.load(std::memory_order_relaxed);
  model::require(ended == a.jobs, "every job ran");
}

// A producer, or a guest, stops anywhere: everybody else's calls return. The queue is looked at itself: with counts a
// worker goes round as long as one of them is out (docs/design/safety.md).
void stopped_thread(bool producer) {
  arena<2, 3> a;
  a.now.guests_stay = a.now.no_counts = true;
  a.jobs = 100;                  // it does not end by itself
  (void)a.activity.must_wake();  // the anchor
  (void)a.activity.must_wake();  // and a guest are on their way
  model::thread([&] {
    if (!producer) return a.post(0);
    const model::lock_free section;
    a.post(0);
  });
  model::thread([&] {
    if (producer) return a.guest(true);
    const model::lock_free section;
    a.guest(true);
  });
  (void)a.work(0, false);
  (void)a.crew.anchor_stays(a);
  model::join();
  a.post(1);
}

}  // namespace

int main(int argc, char** argv) {
  static constexpr model::options two{.preemptions = 2, .stale = 1};
  static constexpr weather three{.no_counts = true, .jobs_meet = true, .already_busy = true, .cut_short = true};
  return model::main(
      argc, argv,
      {{"wake-up: one worker, one producer", {.preemptions = 3}, [] { every_job_runs<1, 1>(1); }},
       {"wake-up: one worker, one producer of two", {.preemptions = 2, .stale = 2}, [] { every_job_runs<1, 1>(2); }},
       {"wake-up: one worker, two producers", {.preemptions = 2, .stale = 2}, [] { every_job_runs<1, 2>(1); }},
       {"wake-up: a queue that says empty and is not", two, [] { every_job_runs<1, 1>(2, {.queue_lies = true}); }},
       {"wake-up: anchor and a guest, one producer of two", two, [] { every_job_runs<2, 1>(2); }},
       {"wake-up: anchor and a guest, two producers", two, [] { every_job_runs<2, 2>(1); }},
       {"wake-up: guests that are invited and never come [A4]", two,
        [] { every_job_runs<2, 1>(3, {.guests_stay = true}); }},
       {"wake-up: the same, two producers [A4]", two,
        [] { every_job_runs<2, 2>(1, {.guests_stay = true, .already_busy = true}); }},
       {"wake-up: an invitation that fails", two, [] { every_job_runs<2, 1>(2, {.invitation_fails = true}); }},
       {"wake-up: a guest whose slice is over", two, [] { every_job_runs<2, 1>(2, {.slice_ends = true}); }},
       {"wake-up: a guest that is picked up inside a job", two,
        [] { every_job_runs<2, 1>(3, {.guest_in_a_job = true}); }},
       {"wake-up: two jobs that need both workers, one producer",
        {.preemptions = 2, .stale = 2},
        [] { every_job_runs<2, 1>(2, {.jobs_meet = true}); }},
       {"wake-up: two jobs that need both workers, two producers", two,
        [] { every_job_runs<2, 2>(1, {.jobs_meet = true}); }},
       {"wake-up: lock-free beside a stopped producer",
        {.preemptions = 2, .stale = 1, .stop_forever = true},
        [] { stopped_thread(true); }},
       {"wake-up: lock-free beside a stopped guest",
        {.preemptions = 2, .stale = 1, .stop_forever = true},
        [] { stopped_thread(false); }},
       {"wake-up: three jobs that need all three workers, one producer",
        {.preemptions = 2, .stale = 1},
        [] { every_job_runs<3, 1>(2, three); }},
       {"wake-up: the same, and a guest that sees no free place", {.preemptions = 2, .stale = 1}, [] {
          weather passed = three;
          passed.place_passed = true;
          every_job_runs<3, 1>(2, passed);
        }}});
}
