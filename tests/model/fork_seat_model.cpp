// detail/fork_seat.hpp over sync/activity.hpp and sync/crew.hpp: a child that its parent shows and then waits for finds
// the other worker, however that is about to fall asleep. The first child is shown the slow way, the others the fast.
#include <weir/detail/fork_seat.hpp>

#include <array>

#include "explorer/model.hpp"
#include "sync/crew.hpp"

namespace {

using namespace weir;  // NOLINT

struct child {
  model::plain<int> data{0};
  sync::atomic<std::uint32_t> taken{0};
};

/// Two workers: the anchor, which has nothing to do, and a guest, whose thread forks. Host of the crew.
struct world {
  explicit world(bool membarrier) {
    sync::membarrier_available = membarrier;
    seat.activity = &activity.word();
    seat.workers = 2;
    (void)activity.must_wake();  // the anchor works
    (void)activity.must_wake();  // and so does a guest
    activity.guest_starts();
  }

  sync::activity activity{2};
  sync::crew crew{activity};
  detail::seat_for<child, 2> seat;
  sync::atomic<bool> stopping{false};
  std::array<child, 3> all;

  static bool invite(bool) { return model::require(false, "the only guest is at work"), false; }
  bool anything_to_do() { return !seat.looks_empty(); }
  void notify() { crew.deliver(activity.must_wake(), *this); }

  void search() {
    sync::search search{activity};
    for (child* c = seat.steal(); c != nullptr; c = seat.steal()) {
      search.found(*this);
      model::require(c->data == 1, "the child's data");
      c->taken.store(1, std::memory_order_release);
      sync::futex_wake(c->taken, 1);
      search.found_nothing();
    }
  }
  void anchor() {
    for (;; crew.anchor_parks()) {
      do {
        if (stopping.load(std::memory_order_relaxed)) return;
        search();
      } while (crew.anchor_stays(*this));
    }
  }
  void parent(std::size_t children) {
    for (std::size_t i = 0; i < children; ++i) {
      all[i].data = 1;
      const detail::fork_place p = seat.show(&all[i]);
      model::require(p != detail::nowhere, "there is room");
      while (all[i].taken.load(std::memory_order_acquire) == 0) sync::futex_wait(all[i].taken, 0);
      model::require(!seat.take_back_checked(p), "the thief has it");
    }
    stopping.store(true, std::memory_order_relaxed);
    crew.let_go();
  }
};

world* here = nullptr;

void shown_child_is_found(std::size_t children, bool membarrier = true) {
  world w{membarrier};
  here = &w;
  model::thread([&w] { w.anchor(); });
  w.parent(children);
  model::join();
}

}  // namespace

namespace weir::inline v0::detail {
void fork_wakes() noexcept { here->notify(); }
}  // namespace weir::inline v0::detail

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"fork seat: a shown child is found", {.preemptions = 3}, [] { shown_child_is_found(1); }},
       {"fork seat: two children, one after the other", {.preemptions = 2}, [] { shown_child_is_found(2); }},
       {"fork seat: three children", {.preemptions = 2, .stale = 1}, [] { shown_child_is_found(3); }},
       {"fork seat: two children, no membarrier", {.preemptions = 2}, [] { shown_child_is_found(2, false); }}});
}
