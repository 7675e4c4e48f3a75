// sync/completion_slot.hpp: one result; every waiter gets it, whether it sleeps, enlists or polls; one claimant wins.
#include "sync/completion_slot.hpp"

#include <array>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

struct alignas(16) continuation {
  model::plain<continuation*> next{nullptr};
  model::plain<int> woken{0};
};

struct future {
  sync::atomic<std::uintptr_t> word{0};
  sync::atomic<std::uint32_t> gate{0};
  model::plain<int> result{0};
  sync::completion_slot<continuation> slot{word, gate};

  void produce(int value) {
    if (!slot.claim()) return;
    result = value;
    for (continuation* c = slot.finish(); c != nullptr;) {
      continuation* const next = c->next;
      c->woken = 1;
      c = next;
    }
  }
  void get() {
    while (!slot.ready()) slot.wait();
    model::require(result != 0, "[S3] the result");
  }
};

void wait_and_finish() {
  future f;
  model::thread([&] { f.produce(1); });
  f.get();
  model::join();
}

void two_waiters() {
  future f;
  model::thread([&] { f.produce(1); });
  model::thread([&] { f.get(); });
  f.get();
  model::join();
}

void continuations() {
  future f;
  std::array<continuation, 2> all;
  std::array<bool, 2> enlisted{};
  model::thread([&] { f.produce(1); });
  for (std::size_t i = 0; i < 2; ++i)
    model::thread([&, i] {
      enlisted[i] = f.slot.enlist(all[i]);
      if (!enlisted[i]) model::require(f.result == 1, "[S2] refused: the result is there");
    });
  model::join();
  for (std::size_t i = 0; i < 2; ++i) model::require((all[i].woken == 1) == enlisted[i], "[S2] woken once or refused");
}

void result_wait_and_cancel() {
  future f;
  continuation c;
  model::thread([&] { f.produce(1); });
  model::thread([&] {  // a canceller: claims as revoked and ends it with another result
    if (!f.slot.claim(sync::completion_slot<continuation>::revoked)) return;
    f.result = 2;
    for (continuation* w = f.slot.finish(sync::completion_slot<continuation>::revoked); w != nullptr; w = nullptr)
      w->woken = 1;
  });
  const bool enlisted = f.slot.enlist(c);
  f.get();
  model::join();
  model::require((c.woken == 1) == enlisted, "[S1] [S2] one winner, one wake-up");
}

void claim_given_back() {
  future f;
  model::thread([&] {
    if (!f.slot.claim()) return;
    f.result = 7;  // an attempt that is undone
    f.result = 0;
    f.slot.unclaim();
  });
  while (!f.slot.ready()) {
    f.produce(1);
    sync::pause();
  }
  model::require(f.result == 1, "[S1] the second claim wins");
  model::join();
}

// Whoever is stopped in a claim, a finish, an enlist or a look: the steps of the others end.
void stopped_thread() {
  future f;
  std::array<continuation, 2> all;
  model::thread([&] {
    f.result = 1;
    const model::lock_free section;
    if (f.slot.claim()) (void)f.slot.finish();
  });
  model::thread([&] {
    const model::lock_free section;
    (void)f.slot.enlist(all[0]);
    (void)f.slot.ready();
  });
  const bool mine = f.slot.claim();
  if (mine) f.slot.unclaim();
  (void)f.slot.enlist(all[1]);
  (void)f.slot.withdraw(all[1]);
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"completion: finish and wait [S3]", {.preemptions = 100, .spurious = 1}, wait_and_finish},
                      {"completion: two threads wait [S3]", {.preemptions = 3}, two_waiters},
                      {"completion: two continuations [S2]", {.preemptions = 3}, continuations},
                      {"completion: result, wait and cancel [S1 S2 S3]", {.preemptions = 2}, result_wait_and_cancel},
                      {"completion: a claim given back [S1]", {.preemptions = 4}, claim_given_back},
                      {"completion: lock-free", {.preemptions = 2, .stop_forever = true}, stopped_thread}});
}
