// sync/tally.hpp: a sum over counters of many writers never hides what is still under way, and carries what was done.
#include "sync/tally.hpp"

#include <array>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

/// Something goes in on one thread and comes out on another, through a hand-over of its own.
struct traffic {
  std::array<sync::tally, 2> in, out;
  sync::atomic<int> handed{0};

  std::uint64_t under_way() {
    return sync::outstanding([&] { return sync::total(out); }, [&] { return sync::total(in); });
  }
};

// Two in, two out; whoever looks and sees nothing under way has seen all that he knows to have begun come out.
void never_too_little() {
  traffic t;
  t.in[0].add();
  model::thread([&] {
    t.in[0].add();  // counted before it is handed over
    t.handed.store(1, std::memory_order_release);
  });
  model::thread([&] {
    t.out[0].add();
    if (t.handed.load(std::memory_order_acquire) == 1) t.out[1].add();
  });
  const std::uint64_t now = t.under_way();
  model::require(now <= 2, "[I3] never below zero");
  model::join();
}

void what_was_done_is_visible() {
  sync::tally ended;
  model::plain<int> work{0};
  model::thread([&] {
    work = 1;
    ended.add();
  });
  if (ended.read() == 1) model::require(work == 1, "[I2] the work before the count");
  model::join();
  model::require(ended.read() == 1, "[I1] counted");
}

// The tally of many writers: who sees them all counted sees what they all did.
void many_writers() {
  sync::shared_tally ended;
  std::array<model::plain<int>, 2> work{0, 0};
  for (std::size_t i = 0; i < 2; ++i)
    model::thread([&, i] {
      work[i] = 1;
      ended.add();
    });
  if (ended.read() == 2) model::require(work[0] == 1 && work[1] == 1, "[I2] the work before the count");
  model::join();
  model::require(ended.read() == 2, "[I1] no add is lost");
}

// The writer changes: what belongs to the counter is handed over, and with it the right to write.
void the_writer_changes() {
  sync::tally count;
  sync::atomic<bool> claimed{false};
  for (int i = 0; i < 2; ++i)
    model::thread([&] {
      while (claimed.load(std::memory_order_relaxed) || claimed.exchange(true, std::memory_order_acquire))
        sync::pause();
      count.add();
      claimed.store(false, std::memory_order_release);
    });
  model::join();
  model::require(count.read() == 2, "[I1] no add is lost");
}

// A reader takes sums while a writer is stopped for ever in the middle of an add, and so does the other way round.
void stopped_thread() {
  std::array<sync::tally, 2> counts;
  for (std::size_t i = 0; i < 2; ++i)
    model::thread([&, i] {
      const model::lock_free section;
      counts[i].add();
      counts[i].add();
    });
  model::thread([&] {
    const model::lock_free section;
    (void)sync::total(counts);
  });
  const std::uint64_t seen = sync::total(counts);
  model::join();
  const std::uint64_t sum = sync::total(counts);
  model::require(sum >= seen && sum <= 4 && (sum >= 2 || !model::somebody_stopped()), "counters only grow");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"tally: never less than what is under way [I3]", {.preemptions = 100}, never_too_little},
                      {"tally: what was done before the count [I2]", {.preemptions = 100}, what_was_done_is_visible},
                      {"tally: many writers [I1 I2]", {.preemptions = 100}, many_writers},
                      {"tally: the writer changes [I1]", {.preemptions = 100}, the_writer_changes},
                      {"tally: lock-free", {.preemptions = 3, .stop_forever = true}, stopped_thread}});
}
