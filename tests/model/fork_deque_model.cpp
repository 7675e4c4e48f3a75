// detail/fork_deque.hpp: every child exactly once, with its data, in nested and in repeated use; tiny rings included.
#include <weir/detail/fork_deque.hpp>

#include <array>

#include "explorer/model.hpp"
#include "sync/stint.hpp"

namespace {

using namespace weir;  // NOLINT
using detail::fork_place;

struct child {
  model::plain<int> data{0};
  sync::atomic<int> taken{0};
};

template <std::int64_t Capacity>
struct world {
  explicit world(bool membarrier = true) { sync::membarrier_available = membarrier; }
  detail::fork_deque<child, Capacity> deque;
  std::array<child, 6> all;

  fork_place push(std::size_t i) {
    all[i].data = 1;
    return deque.roomy() ? deque.push(&all[i]) : deque.push_checked(&all[i]);
  }
  static void take(child& c) {
    model::require(c.data == 1, "[I1] the child's data");
    c.data = 2;  // whoever took it owns it: races with a second taker
    model::require(c.taken.fetch_add(1, std::memory_order_relaxed) == 0, "[I1] one child, one taker");
  }
  /// As detail::take_back() of fork.hpp. True: was not stolen.
  bool join(std::size_t i, fork_place p) {
    const bool mine = p == detail::nowhere || (p >= 0 && deque.take_back(p)) || deque.take_back_checked(p);
    if (mine) take(all[i]);
    return mine;
  }
  void thief(int tries) {
    model::thread([this, tries] {
      for (int k = 0; k < tries; ++k)
        if (child* const c = deque.steal()) take(*c);
    });
  }
  void end(std::size_t pushed) {
    model::join();
    model::require(deque.looks_empty(), "[I3] nothing is left");
    for (std::size_t i = 0; i < pushed; ++i)
      model::require(all[i].taken.load(std::memory_order_relaxed) == 1, "[I1] nothing is lost");
  }
};

// fork 0 { fork 1 { } }, then fork 2 at a place that was used before.
template <std::int64_t Capacity>
void nested(int thieves, int tries, bool membarrier = true) {
  world<Capacity> w{membarrier};
  for (int t = 0; t < thieves; ++t) w.thief(tries);
  const fork_place outer = w.push(0);
  const fork_place inner = w.push(1);
  (void)w.join(1, inner);
  const fork_place again = w.push(2);
  (void)w.join(2, again);
  (void)w.join(0, outer);
  w.end(3);
}

// Two recursions one after the other; the second finds top_ where the first has left it.
void repeated(int thieves) {
  world<2> w;
  for (int t = 0; t < thieves; ++t) w.thief(2);
  (void)w.join(0, w.push(0));
  const fork_place outer = w.push(1);
  (void)w.join(2, w.push(2));
  (void)w.join(1, outer);
  w.end(3);
}

// A full ring: what finds no room runs in place, a place is reused only after its thief has read it.
void full(int thieves) {
  world<2> w;
  for (int t = 0; t < thieves; ++t) w.thief(2);
  std::array<fork_place, 4> places{};
  for (std::size_t i = 0; i < 4; ++i) places[i] = w.push(i);
  for (std::size_t i = 4; i-- > 0;) (void)w.join(i, places[i]);
  w.end(4);
}

// steal_from: only children of one generation. The owner marks what it works on, as a worker does with a stolen fork.
void steal_of_one_generation() {
  world<4> w;
  sync::atomic<int> generation{1};
  std::array<int, 3> of{1, 1, 2};
  model::thread([&] {
    const auto still = [&] { return generation.load(std::memory_order_acquire) == 1; };
    if (!still()) return;
    child* const c = w.deque.steal_from(0, still);
    if (c == nullptr) return;
    model::require(of[static_cast<std::size_t>(c - w.all.data())] == 1, "a child of that generation");
    w.take(*c);
  });
  const fork_place outer = w.push(0);
  (void)w.join(1, w.push(1));
  (void)w.join(0, outer);
  generation.store(2, std::memory_order_release);
  (void)w.join(2, w.push(2));
  w.end(3);
}

using fork_stint = sync::stint<child, fork_place>;

// Who waits for the stolen fork, and looks twice for a child to run meanwhile (engine::leapfrog).
template <class World, class Descends>
void joiner(World& w, const fork_stint& stint, const child& stolen, Descends descends) {
  model::thread([&w, &stint, &stolen, descends] {
    for (int tries = 0; tries < 2; ++tries) {
      const auto still = [&] { return stint.is(stolen); };
      if (!still()) continue;
      child* const c = w.deque.steal_from(stint.base(), still);
      if (c == nullptr) continue;
      model::require(descends(c), "[G1] a descendant of the stolen fork");
      w.take(*c);
    }
  });
}

// A worker's own child below, then a stolen fork with a child of its own, then another fork: whoever waits for the
// stolen fork takes nothing but its child (engine::leapfrog, engine::run_stolen).
void leapfrog_takes_descendants_only(int other_thieves) {
  world<4> w;
  fork_stint stint;
  child before, stolen, after;
  for (int t = 0; t < other_thieves; ++t) w.thief(1);
  joiner(w, stint, stolen, [&w](const child* c) { return c == &w.all[1]; });
  stint.runs(&before, w.deque.index());
  const fork_place own = w.push(0);
  child* const outer = stint.now();
  const fork_place outer_base = stint.base_now();
  stint.runs(&stolen, w.deque.index());
  (void)w.join(1, w.push(1));
  stint.runs(outer, outer_base);
  (void)w.join(0, own);
  stint.runs(&after, w.deque.index());
  (void)w.join(2, w.push(2));
  w.end(3);
}

// The stolen fork's worker helps another in between and goes back to it: the joiner takes what descends from its own.
void leapfrog_during_a_nested_stint() {
  world<4> w;
  fork_stint stint;
  child stolen, nested;
  joiner(w, stint, stolen, [&w](const child* c) { return c != &w.all[1]; });
  stint.runs(&stolen, w.deque.index());
  (void)w.join(0, w.push(0));
  stint.runs(&nested, w.deque.index());
  (void)w.join(1, w.push(1));
  stint.runs(&stolen, 0);
  (void)w.join(2, w.push(2));
  w.end(3);
}

// The owner holds two children and forks no more (a long leaf): both thieves get one.
void nothing_hides() {
  world<2> w;
  sync::atomic<int> stolen{0};
  const fork_place outer = w.push(0);
  const fork_place inner = w.push(1);
  for (int t = 0; t < 2; ++t)
    model::thread([&] {
      child* c = nullptr;
      while ((c = w.deque.steal()) == nullptr) sync::pause();
      w.take(*c);
      stolen.fetch_add(1, std::memory_order_relaxed);
    });
  model::join();
  model::require(stolen.load(std::memory_order_relaxed) == 2, "nothing hides behind a leaf");
  model::require(!w.join(1, inner) && !w.join(0, outer), "and the owner knows");
  w.end(2);
}

void stopped_thief() {
  world<2> w;
  for (int t = 0; t < 2; ++t)
    model::thread([&w] {
      const model::lock_free section;
      if (child* const c = w.deque.steal()) w.take(*c);
    });
  const fork_place outer = w.push(0);
  (void)w.join(1, w.push(1));
  (void)w.join(0, outer);
  model::join();
  model::require(w.join(2, w.push(2)), "a stopped thief leaves the deque usable");
}

// The owner stops anywhere: every steal ends, and it keeps at most the one child it was about to take back.
void stopped_owner() {
  world<2> w;
  sync::atomic<int> pushed{0};
  model::thread([&] {
    const model::lock_free section;
    const auto push = [&](std::size_t i) {
      const fork_place p = w.push(i);
      pushed.fetch_add(1, std::memory_order_relaxed);
      return p;
    };
    const fork_place outer = push(0);
    (void)w.join(1, push(1));
    (void)w.join(0, outer);
    (void)w.join(2, push(2));
  });
  if (child* const c = w.deque.steal()) w.take(*c);
  model::join();
  sync::pause();  // who stopped is not joined: look at what is there now
  const int before = pushed.load(std::memory_order_relaxed);
  for (int k = 0; k < 3; ++k)
    if (child* const c = w.deque.steal()) w.take(*c);
  int taken = 0;
  for (child& c : w.all)
    taken += c.taken.fetch_add(0, std::memory_order_relaxed);  // the newest: who stopped is not joined
  model::require(taken >= before - (model::somebody_stopped() ? 1 : 0), "a stopped owner keeps one child at most");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"fork deque: nested, one thief", {.preemptions = 4}, [] { nested<4>(1, 2); }},
       {"fork deque: nested, two thieves", {.preemptions = 2}, [] { nested<4>(2, 1); }},
       {"fork deque: nested, one thief, no membarrier [O3]", {.preemptions = 4}, [] { nested<4>(1, 2, false); }},
       {"fork deque: nested, two thieves, no membarrier [O3]", {.preemptions = 2}, [] { nested<4>(2, 1, false); }},
       {"fork deque: nested, capacity 1, one thief", {.preemptions = 4}, [] { nested<1>(1, 2); }},
       {"fork deque: repeated, one thief", {.preemptions = 3}, [] { repeated(1); }},
       {"fork deque: repeated, two thieves", {.preemptions = 2, .stale = 2}, [] { repeated(2); }},
       {"fork deque: a full ring is reused, one thief", {.preemptions = 3}, [] { full(1); }},
       {"fork deque: a full ring is reused, two thieves", {.preemptions = 2, .stale = 3}, [] { full(2); }},
       {"fork deque: steal_from takes one generation only", {.preemptions = 4}, steal_of_one_generation},
       {"fork deque: leapfrog takes descendants only [G1]",
        {.preemptions = 2},
        [] { leapfrog_takes_descendants_only(0); }},
       {"fork deque: leapfrog past another thief [G1]",
        {.preemptions = 2, .stale = 2},
        [] { leapfrog_takes_descendants_only(1); }},
       {"fork deque: leapfrog while its thief helps another [G1]", {.preemptions = 2}, leapfrog_during_a_nested_stint},
       {"fork deque: nothing hides behind a leaf", {.preemptions = 3}, nothing_hides},
       {"fork deque: lock-free thieves", {.preemptions = 2, .stop_forever = true}, stopped_thief},
       {"fork deque: lock-free beside a stopped owner", {.preemptions = 2, .stop_forever = true}, stopped_owner}});
}
