// sync/stall.hpp with the activity word of the engine: the last worker that waits, or who queues a job, sees both.
#include "sync/stall.hpp"

#include "explorer/model.hpp"
#include "sync/activity.hpp"

namespace {

using namespace weir;  // NOLINT

template <unsigned Workers>
void somebody_tells(unsigned producers, bool one_goes_on) {
  sync::stall stall{Workers};
  sync::activity activity{Workers};
  sync::atomic<unsigned> queued{0}, told{0};
  for (unsigned w = 0; w < Workers; ++w) (void)activity.must_wake();  // all are active: in jobs
  const auto tell_if_stuck = [&] {                                    // engine::tell_if_stuck
    if (stall.all_wait() && queued.load(std::memory_order_relaxed) != 0) told.store(1, std::memory_order_relaxed);
  };
  for (unsigned w = 0; w < Workers; ++w)
    model::thread([&, w] {
      for (int rounds = one_goes_on && w == 0 ? 2 : 1; rounds > 0; --rounds) {
        if (stall.blocks()) tell_if_stuck();
        if (rounds > 1) stall.goes_on();
      }
    });
  for (unsigned p = 0; p < producers; ++p)
    model::thread([&] {  // engine::push_some
      queued.fetch_add(1, std::memory_order_relaxed);
      (void)activity.must_wake();  // Q2
      if (stall.all_wait()) tell_if_stuck();
    });
  model::join();
  model::require(stall.all_wait(), "all wait");
  model::require(told.load(std::memory_order_relaxed) == 1, "[B1] work is queued, all wait, and nobody says so");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"stall: one worker, one producer [B1]", {.preemptions = 100}, [] { somebody_tells<1>(1, false); }},
       {"stall: two workers, one producer [B1]", {.preemptions = 3}, [] { somebody_tells<2>(1, false); }},
       {"stall: a worker that goes on and waits again [B1]", {.preemptions = 2}, [] { somebody_tells<2>(1, true); }}});
}
