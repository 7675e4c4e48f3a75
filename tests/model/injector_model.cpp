// The injector's protocol over the product's credits, tallies and crew: producers take a credit, put in, count, and
// look whether somebody must be woken; the worker takes, gives credits back in batches and sleeps. moodycamel's place
// is taken by a queue that may say "empty" although something is in it: only the published counts decide whether to
// sleep.
#include <array>
#include <utility>

#include "explorer/model.hpp"
#include "sync/credits.hpp"
#include "sync/crew.hpp"
#include "sync/tally.hpp"

namespace {

using namespace weir;  // NOLINT

/// Optimistic counters: a look may find nothing for no reason, `lies` times.
struct queue {
  sync::atomic<int> items{0};
  int lies = 0;

  void enqueue(int n) { items.fetch_add(n, std::memory_order_release); }
  int try_dequeue_bulk(int most) {
    if (lies > 0 && model::any_of(2) == 1) {
      --lies;
      return 0;
    }
    int n = items.load(std::memory_order_relaxed);
    while (n > 0 && !items.compare_exchange_strong(n, n - std::min(n, most), std::memory_order_acquire,
                                                   std::memory_order_relaxed)) {
    }
    return std::min(n, most);
  }
};

template <std::size_t Producers>
struct runtime {
  explicit runtime(std::size_t capacity) : gate{capacity} {}

  sync::basic_credits<2> gate;
  queue jobs;
  std::array<sync::tally, Producers> pushed;
  std::array<sync::tally, 1> taken;
  sync::activity activity{1};
  sync::crew crew{activity};
  std::array<model::plain<int>, 4> payload;
  int ran = 0, expected = 0, owed = 0, batch = 1;

  // --- producers: injector::try_push_bulk, engine::notify ---
  void push(std::size_t who, int n) {
    while (n > 0) {
      const auto in = static_cast<int>(gate.take_up_to(static_cast<std::size_t>(n)));
      if (in == 0) {
        if (!gate.wait()) return;
        continue;
      }
      payload[who] = 1;  // published with the job
      jobs.enqueue(in);
      pushed[who].add(static_cast<std::uint64_t>(in));
      crew.deliver(activity.must_wake(), *this);
      n -= in;
    }
  }

  // --- the worker ---
  static bool invite(bool) { return true; }  // one worker: only the anchor
  bool anything_to_do() {
    return sync::outstanding([&] { return sync::total(taken); }, [&] { return sync::total(pushed); }) != 0;
  }
  void give_back(bool last) {
    if (owed > 0) gate.give(static_cast<std::size_t>(std::exchange(owed, 0)), last);
  }
  void work() {
    activity.start_searching();
    for (bool searching = true;;) {
      if (const int n = jobs.try_dequeue_bulk(2); n > 0) {
        taken[0].add(static_cast<std::uint64_t>(n));
        if (searching && activity.stop_searching() && anything_to_do()) crew.deliver(activity.must_wake(), *this);
        searching = false;
        ran += n;
        if ((owed += n) >= batch) give_back(false);
      } else if (!searching) {
        activity.start_searching();
        searching = true;
        give_back(true);  // engine::settle
      } else {
        sync::pause();  // the search spins; here once
        return;
      }
    }
  }
  void worker() {
    while (ran < expected) {
      crew.anchor_parks();
      do work();
      while (crew.anchor_stays(*this));
    }
  }
};

template <std::size_t Producers>
void every_push_is_taken(std::size_t capacity, int each, int lies, int batch = 1) {
  runtime<Producers> r{capacity};
  r.jobs.lies = lies;
  r.batch = batch;
  r.expected = static_cast<int>(Producers) * each;
  for (std::size_t p = 0; p < Producers; ++p) model::thread([&, p, each] { r.push(p, each); });
  r.worker();
  model::join();
  for (std::size_t p = 0; p < Producers; ++p) model::require(r.payload[p] == 1, "[I1] what came with the job");
  model::require(r.ran == r.expected, "[I1] every job was taken");
  model::require(r.gate.in_use() == 0 && r.gate.waiting() == 0, "[I2] every credit is back");
  model::require(!r.anything_to_do(), "[I3] nothing is published");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"injector: one producer, the queue lies once [I1 I3]",
                       {.preemptions = 3},
                       [] { every_push_is_taken<1>(2, 1, 1); }},
                      {"injector: one producer, the queue lies twice [I1 I3]",
                       {.preemptions = 2, .stale = 1},
                       [] { every_push_is_taken<1>(2, 2, 2); }},
                      {"injector: a bulk larger than the capacity [I1 I2]",
                       {.preemptions = 2, .stale = 1},
                       [] { every_push_is_taken<1>(1, 2, 1); }},
                      {"injector: two producers, one credit [I1 I2]",
                       {.preemptions = 2, .stale = 1},
                       [] { every_push_is_taken<2>(1, 1, 1); }},
                      {"injector: credits that are given back late [I2]", {.preemptions = 2, .stale = 1}, [] {
                         every_push_is_taken<2>(1, 1, 0, 4);
                       }}});
}
