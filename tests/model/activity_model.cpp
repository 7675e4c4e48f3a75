// sync/activity.hpp as cpu/engine.hpp and cpu/arena.cpp use it: a posted job always finds an awake worker. Worker 0 is
// the anchor (own thread, sleeps on a parker), the others are pumps: threads that come when invited and leave when
// idle. The queue is a stand-in that may say "empty" once although something is in it, as moodycamel's may; what was
// published is counted as the injector counts it, by single-writer tallies.
#include "sync/activity.hpp"

#include <array>

#include "explorer/model.hpp"
#include "sync/parker.hpp"
#include "sync/tally.hpp"

namespace {

using namespace weir;  // NOLINT

template <unsigned Workers, std::size_t Producers>
struct arena {
  sync::activity activity{Workers};
  sync::parker anchor_parker;
  sync::atomic<bool> anchor_idle{true}, stopping{false};
  std::array<sync::atomic<bool>, Workers> claimed;
  std::array<sync::tally, Producers> pushed;
  std::array<sync::tally, Workers> taken;
  sync::atomic<int> queue{0}, ran{0};
  bool may_lie = false;  // the queue's one spurious "empty"
  int jobs = 0;
  bool jobs_meet = false;
  sync::atomic<std::uint32_t> met{0};

  // --- producers ---
  void post(std::size_t who) {
    queue.fetch_add(1, std::memory_order_relaxed);
    pushed[who].add();
    notify();
  }
  void notify() {
    if (activity.must_wake() && !wake_anchor()) invite();
  }
  bool wake_anchor() {
    if (!anchor_idle.load(std::memory_order_relaxed) || !anchor_idle.exchange(false, std::memory_order_acq_rel))
      return false;
    anchor_parker.unpark();
    return true;
  }
  void invite() {
    model::thread([this] { pump(); });
  }

  // --- workers ---
  bool anything_to_do() {  // injector::published(): taken first
    std::uint64_t out = 0, in = 0;
    for (const sync::tally& t : taken) out += t.read();
    for (const sync::tally& t : pushed) in += t.read();
    return in != out;
  }
  bool take(std::size_t slot) {
    if (may_lie && model::any_of(2) == 1) {
      may_lie = false;
      return false;
    }
    int n = queue.load(std::memory_order_relaxed);
    while (n > 0)
      if (queue.compare_exchange_strong(n, n - 1, std::memory_order_acquire, std::memory_order_relaxed)) {
        taken[slot].add();
        return true;
      }
    return false;
  }
  void run() {
    if (jobs_meet) {  // a job that ends only when all jobs run: who posts it must get a second worker
      std::uint32_t n = met.fetch_add(1, std::memory_order_relaxed) + 1;
      if (n == static_cast<std::uint32_t>(jobs)) sync::futex_wake(met, 8);
      for (; n < static_cast<std::uint32_t>(jobs); n = met.load(std::memory_order_relaxed)) sync::futex_wait(met, n);
    }
    if (ran.fetch_add(1, std::memory_order_relaxed) + 1 < jobs) return;
    stopping.store(true, std::memory_order_release);
    anchor_parker.unpark();
  }
  void work(std::size_t slot) {
    activity.start_searching();
    for (bool searching = true;;) {
      if (take(slot)) {
        if (searching && activity.stop_searching() && anything_to_do()) notify();
        searching = false;
        run();
      } else if (!searching) {
        activity.start_searching();
        searching = true;
      } else {
        sync::pause();  // the search spins; here once
        return;
      }
    }
  }
  void anchor() {
    for (;;) {
      anchor_parker.park();
      do {
        if (stopping.load(std::memory_order_acquire)) return;
        work(0);
        anchor_idle.store(true, std::memory_order_release);
        activity.leave();
      } while (found_more());
    }
  }
  bool found_more() {
    while (anything_to_do()) {
      if (!anchor_idle.exchange(false, std::memory_order_acq_rel)) return false;
      if (activity.come_back()) return true;
      anchor_idle.store(true, std::memory_order_release);
      sync::pause();
    }
    return false;
  }
  bool claim() { return Workers > 1 && !claimed[Workers - 1].exchange(true, std::memory_order_acquire); }
  void pump() {
    while (claim()) {
      work(Workers - 1);
      claimed[Workers - 1].store(false, std::memory_order_release);
      activity.leave();
      if (!anything_to_do() || !activity.come_back()) return;
    }
    activity.abandon();
    if (anything_to_do() && activity.must_wake() && !wake_anchor()) activity.abandon();
  }
};

template <unsigned Workers, std::size_t Producers>
void every_job_runs(int each, bool queue_lies, bool jobs_meet = false) {
  arena<Workers, Producers> a;
  a.may_lie = queue_lies;
  a.jobs_meet = jobs_meet;
  a.jobs = static_cast<int>(Producers) * each;
  model::thread([&] { a.anchor(); });
  for (std::size_t p = 0; p < Producers; ++p)
    model::thread([&, p, each] {
      for (int k = 0; k < each; ++k) a.post(p);
    });
  model::join();
  model::require(a.ran.load(std::memory_order_relaxed) == a.jobs, "every job ran");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"wake-up: one worker, one producer of one", {.preemptions = 3}, [] { every_job_runs<1, 1>(1, false); }},
       {"wake-up: one worker, one producer of two",
        {.preemptions = 2, .stale = 2},
        [] { every_job_runs<1, 1>(2, false); }},
       {"wake-up: one worker, two producers", {.preemptions = 2, .stale = 2}, [] { every_job_runs<1, 2>(1, false); }},
       {"wake-up: a queue that says empty and is not",
        {.preemptions = 2, .stale = 1},
        [] { every_job_runs<1, 1>(2, true); }},
       {"wake-up: anchor and a pump, one producer of two",
        {.preemptions = 2, .stale = 1},
        [] { every_job_runs<2, 1>(2, false); }},
       {"wake-up: anchor and a pump, two producers",
        {.preemptions = 2, .stale = 1},
        [] { every_job_runs<2, 2>(1, false); }},
       {"wake-up: two jobs that need both workers, one producer",
        {.preemptions = 2, .stale = 2},
        [] { every_job_runs<2, 1>(2, false, true); }},
       {"wake-up: two jobs that need both workers, two producers", {.preemptions = 2, .stale = 1}, [] {
          every_job_runs<2, 2>(1, false, true);
        }}});
}
