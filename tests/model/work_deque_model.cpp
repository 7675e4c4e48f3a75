// sync/work_deque.hpp: every item exactly once, with its data; tiny rings and wrapping indices included.
#include "sync/work_deque.hpp"

#include <array>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

struct item {
  model::plain<int> data{0};
  sync::atomic<int> taken{0};
};

template <class Index>
struct world {
  explicit world(std::size_t capacity, Index first = 0) : deque{capacity, first} {}
  sync::work_deque<item*, Index> deque;
  std::array<item, 6> all;

  bool push(std::size_t i) {
    all[i].data = 1;
    return deque.push(&all[i]);
  }
  static void take(item* i) {
    if (i == nullptr) return;
    model::require(i->data == 1, "[I3] the item's data");
    i->data = 2;  // whoever took it owns it: races with a second taker
    model::require(i->taken.fetch_add(1, std::memory_order_relaxed) == 0, "[I1] one item, one taker");
  }
  void thief(int tries) {
    model::thread([this, tries] {
      for (int k = 0; k < tries; ++k) take(deque.steal());
    });
  }
  void end(std::size_t pushed) {
    model::join();
    while (item* const i = deque.pop()) take(i);
    for (std::size_t i = 0; i < pushed; ++i)
      model::require(all[i].taken.load(std::memory_order_relaxed) == 1, "[I1] nothing is lost");
  }
};

template <class Index>
void owner_and_thieves(int thieves, int tries, std::size_t capacity, Index first) {
  world<Index> w{capacity, first};
  for (int t = 0; t < thieves; ++t) w.thief(tries);
  (void)w.push(0);
  (void)w.push(1);
  w.take(w.deque.pop());
  if (!w.push(2)) w.take(&w.all[2]);
  w.take(w.deque.pop());
  w.take(w.deque.pop());
  w.end(3);
}

// Full ring: a slot is reused only after its thief has read it.
void reuse(int thieves) {
  world<std::uint8_t> w{2};
  for (int t = 0; t < thieves; ++t) w.thief(2);
  for (std::size_t i = 0; i < 4; ++i)
    if (!w.push(i)) w.take(&w.all[i]);
  w.end(4);
}

// The last item: the owner and two thieves, one gets it.
void last_item() {
  world<std::uint64_t> w{2};
  w.thief(1);
  w.thief(1);
  (void)w.push(0);
  w.take(w.deque.pop());
  w.end(1);
}

void stopped_thief() {
  world<std::uint64_t> w{2};
  for (int t = 0; t < 2; ++t)
    model::thread([&w] {
      const model::lock_free section;
      w.take(w.deque.steal());
    });
  (void)w.push(0);
  (void)w.push(1);
  int mine = 0;
  while (w.deque.pop() != nullptr) ++mine;
  model::join();
  model::require(w.push(2) && w.deque.pop() == &w.all[2] && mine <= 2, "a stopped thief leaves the deque usable");
}

void stopped_owner() {
  world<std::uint64_t> w{2};
  model::thread([&w] {
    const model::lock_free section;
    (void)w.push(0);
    w.take(w.deque.pop());
    (void)w.push(1);
    w.take(w.deque.pop_oldest());
  });
  for (int t = 0; t < 2; ++t) w.thief(1);
  model::join();  // every steal has ended, wherever the owner is
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"work deque: owner and one thief, capacity 2",
        {.preemptions = 3},
        [] { owner_and_thieves<std::uint64_t>(1, 2, 2, 0); }},
       {"work deque: owner and two thieves, capacity 2",
        {.preemptions = 2},
        [] { owner_and_thieves<std::uint64_t>(2, 1, 2, 0); }},
       {"work deque: owner and two thieves, 8-bit indices that wrap",
        {.preemptions = 2},
        [] { owner_and_thieves<std::uint8_t>(2, 1, 2, 254); }},
       {"work deque: a full ring is reused, one thief", {.preemptions = 4}, [] { reuse(1); }},
       {"work deque: a full ring is reused, two thieves", {.preemptions = 2}, [] { reuse(2); }},
       {"work deque: the last item, owner and two thieves", {.preemptions = 3}, last_item},
       {"work deque: lock-free thieves", {.preemptions = 2, .stop_forever = true}, stopped_thief},
       {"work deque: lock-free beside a stopped owner", {.preemptions = 2, .stop_forever = true}, stopped_owner}});
}
