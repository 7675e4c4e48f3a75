// Coroutine forks as detail/fork_group.hpp runs them, over detail/branches.hpp and detail/fork_seat.hpp: the parent's
// frame ends the moment it goes on, so whatever a thread still does to the group is an error.
#include <weir/detail/branches.hpp>

#include <array>
#include <memory>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

struct group {
  explicit group(std::uint32_t n) : count{n}, left{n} {}
  const std::uint32_t count;
  model::plain<std::uint16_t> next{0};
  sync::atomic<std::uint32_t> left;
  std::array<model::plain<int>, 4> results;
};

/// Of a worker of a runtime in which nobody sleeps.
struct seat : detail::seat_for<group, 2> {
  seat() : all_awake{1} { activity = &all_awake, workers = 1; }
  const sync::atomic<std::uint64_t> all_awake;
};
using run = detail::branch_run<group, seat>;

/// One fork of `children`, of which child `waits` suspends (none: children); `done` is where its parent goes on.
struct world {
  explicit world(std::uint32_t children, std::uint32_t waits)
      : frame{std::make_unique<group>(children)}, n{children}, waiting{waits} {}

  std::unique_ptr<group> frame;
  const std::uint32_t n, waiting;
  sync::atomic<int> resumed{0};

  // [B2] Everything is there, and nobody needs the frame any more.
  void resume_parent() {
    model::require(resumed.fetch_add(1, std::memory_order_relaxed) == 0, "[B2] once");
    for (std::uint32_t i = 0; i < n; ++i) model::require(frame->results[i] == 1, "[B1, B2] every child once, seen");
    frame.reset();
  }

  // Some thread completes what the child waited for. It may do so before the suspending thread has looked up.
  void complete(group& g, std::uint32_t i) {
    g.results[i] = g.results[i] + 1;
    if (detail::count_down(g, 1)) resume_parent();
  }

  // False: a child suspended, and the run has been left.
  bool go(run& r, group& g) {
    do {
      const std::uint32_t i = r.child();
      if (!r.is_last()) r.show();
      if (i != waiting) {
        g.results[i] = g.results[i] + 1;
        continue;
      }
      const bool rest = r.leave();  // before the suspension becomes visible
      if (rest) model::thread([this, &g] { rest_of(g, nullptr); });
      model::thread([this, &g, i] { complete(g, i); });
      return false;
    } while (r.again(!r.is_last()));
    return true;
  }

  void rest_of(group& g, seat* mine) {
    run r{g, mine, g.next};
    if (go(r, g) && r.finish()) resume_parent();
  }

  void parent(seat& mine) {
    run r{*frame, &mine, 0};
    if (!go(r, *frame)) return;
    if (r.ended_all() || r.others_ended() || r.finish()) resume_parent();
  }
};

void fork(std::uint32_t children, std::uint32_t waits, int thieves, bool resteal) {
  world w{children, waits};
  seat owner;
  std::array<seat, 2> theirs;
  for (int t = 0; t < thieves; ++t)
    model::thread([&, t] {
      group* g = owner.steal();
      if (g == nullptr && resteal) g = theirs[static_cast<std::size_t>(1 - t)].steal();
      if (g != nullptr) w.rest_of(*g, resteal ? &theirs[static_cast<std::size_t>(t)] : nullptr);
    });
  w.parent(owner);
  model::join();
  model::require(w.resumed.load(std::memory_order_relaxed) == 1, "[B2] the parent goes on");
  model::require(owner.looks_empty(), "the deque is as before");
}

constexpr std::uint32_t none = 100;

// One side stops for ever anywhere: the other one's calls return. A thread that has stopped holds back the children
// that it runs, and so the parent, as any join does.
void stopped(bool owner_stops) {
  world w{3, none};
  seat owner;
  model::thread([&] {
    if (owner_stops) {
      if (group* const g = owner.steal()) w.rest_of(*g, nullptr);
      return;
    }
    const model::lock_free section;
    if (group* const g = owner.steal()) w.rest_of(*g, nullptr);
  });
  model::thread([&] {
    if (!owner_stops) return w.parent(owner);
    const model::lock_free section;
    w.parent(owner);
  });
  model::join();
  model::require(model::somebody_stopped() || w.resumed.load(std::memory_order_relaxed) == 1, "the parent goes on");
}

}  // namespace

namespace weir::inline v0::detail {
void fork_wakes() noexcept {}  // where the push had to look for room: nobody sleeps
}  // namespace weir::inline v0::detail

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"branches: two children, one thief", {.preemptions = 3}, [] { fork(2, none, 1, false); }},
       {"branches: three children, one thief", {.preemptions = 3}, [] { fork(3, none, 1, false); }},
       {"branches: three children, two thieves that steal from each other",
        {.preemptions = 2, .stale = 2},
        [] { fork(3, none, 2, true); }},
       {"branches: the first child suspends", {.preemptions = 2}, [] { fork(2, 0, 1, false); }},
       {"branches: the second child suspends, here or with the thief",
        {.preemptions = 2, .stale = 2},
        [] { fork(3, 1, 1, false); }},
       {"branches: lock-free beside a stopped thief", {.preemptions = 2, .stop_forever = true}, [] { stopped(false); }},
       {"branches: lock-free beside a stopped owner", {.preemptions = 2, .stop_forever = true}, [] {
          stopped(true);
        }}});
}
