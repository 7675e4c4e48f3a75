// The injector's lane and the product's crew: producers put in and look whether somebody must be woken; the worker
// takes, gives credits back in batches and sleeps. moodycamel's place is taken by a queue that may say "empty" although
// something is in it: only the published counts decide whether to sleep. A rare lane is asked only when it shows
// something.
#include <array>
#include <utility>

#include "explorer/model.hpp"
#include "support/model_queue.hpp"
#include "sync/crew.hpp"
#include "sync/lane.hpp"

namespace {

using namespace weir;  // NOLINT

template <std::size_t Producers>
struct runtime {
  explicit runtime(std::size_t capacity, bool is_rare) : lane{capacity, is_rare}, rare{is_rare} {}

  sync::lane<sync::basic_credits<2>> lane;
  const bool rare;
  model_queue jobs;
  std::array<sync::tally, Producers> pushed;
  std::array<sync::tally, 1> taken;
  sync::activity activity{1};
  sync::crew crew{activity};
  std::array<model::plain<int>, 4> payload;
  int ran = 0, expected = 0, owed = 0, batch = 1;

  // --- producers: engine::submit ---
  void push(std::size_t who, int n) {
    while (n > 0) {
      const auto put = lane.put(pushed[who], static_cast<std::size_t>(n), [&](std::size_t fit) {
        payload[who] = 1;  // published with the job
        jobs.enqueue(static_cast<int>(fit));
        return true;
      });
      n -= static_cast<int>(put.n);
      if (put.n != 0)
        notify();
      else if (!lane.gate().wait())
        return;
    }
  }
  void notify() { crew.deliver(activity.must_wake(), *this); }

  // --- the worker ---
  static bool invite(bool) { return true; }  // one worker: only the anchor
  bool anything_to_do() {
    return sync::outstanding([&] { return sync::total(taken); }, [&] { return sync::total(pushed); }) != 0;
  }
  void give_back() { (void)lane.gate().give(static_cast<std::size_t>(std::exchange(owed, 0))); }
  int take() {
    if (rare && !lane.may_hold()) return 0;
    return static_cast<int>(lane.take(taken[0], [this] { return static_cast<std::size_t>(jobs.try_dequeue_bulk(2)); }));
  }
  void work() {
    sync::search search{activity};
    for (bool searching = true;;) {
      if (const int n = take(); n > 0) {
        search.found(*this);
        searching = false;
        ran += n;
        if ((owed += n) >= batch) give_back();
      } else if (!std::exchange(searching, true)) {
        search.found_nothing();
        lane.gate().settle(static_cast<std::size_t>(std::exchange(owed, 0)));  // engine::settle
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
void every_push_is_taken(std::size_t capacity, int each, int lies, int batch = 1, bool rare = false) {
  runtime<Producers> r{capacity, rare};
  r.jobs.lies = lies;
  r.batch = batch;
  r.expected = static_cast<int>(Producers) * each;
  for (std::size_t p = 0; p < Producers; ++p) model::thread([&, p, each] { r.push(p, each); });
  r.worker();
  model::join();
  for (std::size_t p = 0; p < Producers; ++p) model::require(r.payload[p] == 1, "[I1] what came with the job");
  model::require(r.ran == r.expected, "[I1] every job was taken");
  model::require(r.lane.gate().in_use() == 0 && r.lane.gate().waiting() == 0, "[I2] every credit is back");
  model::require(!r.anything_to_do(), "[I3] nothing is published");
}

// Two workers share a lane that is full. One holds the credits of long jobs, which end only when the last push has
// returned; the other one's short job leaves less than a quarter of the room, and the worker then goes idle.
void idle_worker_lets_in() {
  constexpr int capacity = 8, held = 7;
  runtime<2> r{capacity, false};
  r.push(0, capacity);
  r.taken[0].add(static_cast<std::uint64_t>(r.jobs.try_dequeue_bulk(held)));
  r.expected = 2;
  model::thread([&] {
    r.push(1, 1);
    (void)r.lane.gate().give(held);  // the long jobs end
  });
  r.worker();
  model::join();
  model::require(r.lane.gate().in_use() == 0 && r.lane.gate().waiting() == 0, "[I2] every credit is back");
}

// A producer stops anywhere between its credit and its wake-up: everybody else's calls return, the worker's too.
// Whether somebody looks at once is not said: docs/design/safety.md.
void stopped_producer() {
  runtime<3> r{4, false};
  for (std::size_t p = 0; p < 2; ++p)
    model::thread([&, p] {
      const model::lock_free section;
      r.push(p, 1);
    });
  r.push(2, 1);
  if (r.activity.active_now() == 1) {  // this push, or another one, has counted the anchor
    r.work();
    (void)r.crew.anchor_stays(r);
  }
  model::join();
  r.push(2, 1);
  model::require(r.lane.gate().in_use() <= 4, "[I2] the gate is as strict as before");
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
                      {"injector: credits that are given back late [I2]",
                       {.preemptions = 2, .stale = 1},
                       [] { every_push_is_taken<2>(1, 1, 0, 4); }},
                      {"injector: a worker that goes idle lets in who waits, beside one whose jobs are long [I2]",
                       {.preemptions = 2},
                       idle_worker_lets_in},
                      {"injector: lock-free beside a stopped producer",
                       {.preemptions = 2, .stale = 1, .stop_forever = true},
                       stopped_producer},
                      {"injector: a rare lane, one producer of two [I1 I3]",
                       {.preemptions = 2, .stale = 2},
                       [] { every_push_is_taken<1>(2, 2, 0, 1, true); }},
                      {"injector: a rare lane, two producers [I1 I3]", {.preemptions = 2, .stale = 1}, [] {
                         every_push_is_taken<2>(2, 1, 0, 1, true);
                       }}});
}
