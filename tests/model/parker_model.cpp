// sync/parker.hpp: no wake-up is lost, notifications do not add up, what precedes unpark() is visible.
#include "sync/parker.hpp"

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT
using sync::atomic;
using sync::parker;

void one_wake_ends_one_wait() {
  parker p;
  model::plain<int> data{0};
  model::thread([&] {
    data = 1;
    p.unpark();
  });
  p.park();
  model::require(data == 1, "[I3] the waker's data");
  model::join();
}

void two_wakers_two_rounds() {
  parker p;
  atomic<int> served{0}, asked{0};
  for (int i = 0; i < 2; ++i)
    model::thread([&] {
      asked.fetch_add(1, std::memory_order_relaxed);
      p.unpark();
    });
  while (served.load(std::memory_order_relaxed) < 2) {  // a server: park, then serve all that was asked
    p.park();
    served.store(asked.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
  model::join();
}

// The announced sleep: the owner looks between prepare() and wait(), the waker asks parked() and pays no RMW.
void look_between() {
  parker p;
  atomic<int> work{0};
  model::thread([&] {
    work.store(1, std::memory_order_relaxed);
    sync::fence_light();
    if (p.parked()) p.unpark();
  });
  if (p.prepare()) {
    sync::fence_heavy();
    if (work.load(std::memory_order_relaxed) != 0)
      p.cancel();
    else
      p.wait();
  }
  model::join();
}

// A timed wait that ran out takes its announcement back: the next notification is kept for the next wait.
void timed_then_untimed() {
  parker p;
  model::plain<int> data{0};
  model::thread([&] {
    data = 1;
    p.unpark();
  });
  if (!p.park_for(1000)) p.park();
  model::require(data == 1, "[I1] [I3]");
  model::join();
}

// cancel() consumes: a notification from before must not end a later wait early.
void cancel_consumes() {
  parker p;
  atomic<int> count{0};
  model::thread([&] {
    count.fetch_add(1, std::memory_order_relaxed);
    p.unpark();
    count.fetch_add(1, std::memory_order_relaxed);
    p.unpark();
  });
  bool first = !p.prepare();
  if (!first) first = p.cancel();
  if (first) model::require(count.load(std::memory_order_relaxed) >= 1, "[I3] a consumed notification");
  while (count.load(std::memory_order_relaxed) < 2) p.park();
  model::join();
}

// The waker's last touch is an address: the parker may be gone.
void owner_leaves() {
  auto* const p = new parker;
  model::thread([=] { p->unpark(); });
  p->park();
  delete p;
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"parker: one wake-up ends one wait, with its data [I1 I3]",
                       {.preemptions = 100, .spurious = 1},
                       one_wake_ends_one_wait},
                      {"parker: two wakers, none is lost [I1 I2]", {.preemptions = 4}, two_wakers_two_rounds},
                      {"parker: looking between prepare and wait", {.preemptions = 100, .spurious = 1}, look_between},
                      {"parker: a timed wait, then an untimed one", {.preemptions = 100}, timed_then_untimed},
                      {"parker: cancel consumes a notification", {.preemptions = 4}, cancel_consumes},
                      {"parker: the owner may go once it is woken", {.preemptions = 100}, owner_leaves}});
}
