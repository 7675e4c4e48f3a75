// sync/visitor.hpp with sync/lease_list.hpp, as the threads that record and whoever stops a recording use them.
#include "sync/visitor.hpp"

#include <array>

#include "explorer/model.hpp"
#include "sync/lease_list.hpp"

namespace {

using namespace weir;  // NOLINT

struct seat : sync::leasable<seat> {
  sync::visitor visitor;
};

struct world {
  explicit world(bool membarrier) { sync::membarrier_available = membarrier; }

  sync::lease_list<seat> seats;
  sync::atomic<bool> open{false};
  model::plain<int> session{0};  ///< 1: visitors may use it

  void start() {
    session = 1;
    open.store(true, std::memory_order_release);
  }
  void visit(seat& mine) {
    mine.visitor.enter();
    if (open.load(std::memory_order_acquire)) model::require(session == 1, "[V1] what is behind the open door");
    mine.visitor.leave();
  }
  void stop() {
    open.store(false, std::memory_order_relaxed);
    sync::fence_heavy();
    seats.for_each([](seat& s) { s.visitor.wait_until_gone(); });
    session = 0;  // a race with whoever is still inside
  }
};

// Threads that visit, some of them for the first time, while the door is shut, and opened before.
void stopped_while_visited(std::size_t threads, int visits, bool opened_meanwhile, bool membarrier = true) {
  world w{membarrier};
  std::array<seat, 2> all;
  if (!opened_meanwhile) w.start();
  for (std::size_t i = 0; i < threads; ++i)
    model::thread([&, i] {
      w.seats.add(all[i]);
      for (int k = 0; k < visits; ++k) w.visit(all[i]);
    });
  if (opened_meanwhile) w.start();
  w.stop();
  model::join();
}

// One that stops inside keeps who shuts the door, and nobody else.
void stopped_visitor() {
  world w{true};
  std::array<seat, 2> all;
  w.start();
  for (seat& s : all) w.seats.add(s);
  model::thread([&] {
    const model::lock_free section;
    w.visit(all[0]);
  });
  w.visit(all[1]);
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"visitor: one, twice, while the door is shut", {.preemptions = 3}, [] { stopped_while_visited(1, 2, false); }},
       {"visitor: two while the door is shut", {.preemptions = 2}, [] { stopped_while_visited(2, 1, false); }},
       {"visitor: two while it is opened and shut", {.preemptions = 2}, [] { stopped_while_visited(2, 1, true); }},
       {"visitor: no membarrier", {.preemptions = 2}, [] { stopped_while_visited(2, 1, true, false); }},
       {"visitor: lock-free beside a stopped one", {.preemptions = 3, .stop_forever = true}, stopped_visitor}});
}
