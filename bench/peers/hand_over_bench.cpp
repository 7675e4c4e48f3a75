// hand_over_bench.cpp - what it costs to pass a resumption between the reactor and the workers.
//
//   reactor_to_arena/8     one thread hands chains of 8 to 2 workers, as a turn does; no system calls, no I/O
//   arena_to_reactor/1     one worker hands jobs to a real reactor, one by one; it runs each and looks at the world
//   wakes while awake      how many wake-ups the runs cost, per million items: none while the other side is awake
// ns per item; jobs are intrusive nodes that only count themselves. At most `in_flight` are under way, so that both
// sides are busy and memory stays small. No peers: what is passed is a node of ours.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "cpu/engine.hpp"
#include "io/reactor.hpp"
#include "support/contest.hpp"
#include "sync/tally.hpp"

namespace {

constexpr unsigned workers = 2;
constexpr std::size_t in_flight = 8192;
using weir::detail::action;
using weir::detail::job;
using weir::detail::outcome;

struct alignas(64) runs {
  weir::sync::tally n;
};

// A resumption: counts itself on the thread that runs it.
struct node : job {
  node() noexcept : job{&act_on} {}
  static outcome act_on(job*, action) noexcept;
};
runs by_thread[64];
std::atomic<unsigned> threads{0};
thread_local runs& my_runs = by_thread[threads.fetch_add(1) % 64];

outcome node::act_on(job*, action) noexcept {
  my_runs.n.add();
  return outcome::internal;
}

std::uint64_t total() noexcept {
  std::uint64_t sum = 0;
  for (const runs& r : by_thread) sum += r.n.read();
  return sum;
}

// Nodes in a ring: one is used again when as many as there are have run since. With several workers the order of the
// ends is not the order of the starts, so a quarter of the ring is waited for whole.
class ring {
 public:
  template <class Hand>  // hand(first, n): n nodes from there
  std::uint64_t pass(std::uint64_t n, std::size_t batch, Hand hand) {
    const std::uint64_t before = total();
    for (std::uint64_t i = 0; i < n; i += in_flight) {
      const std::uint64_t some = std::min<std::uint64_t>(in_flight, n - i);
      std::vector<node>& half = halves_[(i / in_flight) % 2];
      if (i >= in_flight) wait_for(before + i - in_flight);  // the last use of this half
      for (std::uint64_t k = 0; k < some; k += batch) hand(&half[k], std::min<std::uint64_t>(batch, some - k));
    }
    wait_for(before + n);
    return total() - before;
  }

 private:
  static void wait_for(std::uint64_t count) {
    while (total() < count) std::this_thread::sleep_for(std::chrono::microseconds{1});
  }
  std::vector<node> halves_[2]{std::vector<node>(in_flight), std::vector<node>(in_flight)};
};

bool all_ran(std::uint64_t n, std::uint64_t ran) { return ran == n; }

void wakes_row(bench::suite& suite, const std::string& name, std::uint64_t wakes, std::uint64_t items) {
  if (!suite.runs(name)) return suite.report({.name = name});
  suite.report({.name = name,
                .unit = "wakes/M items",
                .workers = workers,
                .ours = static_cast<double>(wakes) * 1e6 / static_cast<double>(std::max<std::uint64_t>(items, 1))});
}

void reactor_to_arena(bench::suite& suite) {
  weir::cpu::engine_options options;
  options.workers = workers;
  weir::cpu::engine engine{std::move(options)};
  ring nodes;
  std::uint64_t items = 0;
  const std::uint64_t parks = engine.counts().parked;
  bench::contest c{.name = "hand_over/reactor_to_arena/8", .workers = workers, .correct = all_ran};
  c.ours = {.work =
                [&](std::uint64_t n) {
                  items += n;
                  return nodes.pass(n, 8, [&](node* first, std::uint64_t count) {
                    job* newest = nullptr;
                    for (std::uint64_t k = 0; k < count; ++k) {
                      first[k].next = newest;
                      newest = &first[k];
                    }
                    engine.resume_chain(*newest, *first);
                  });
                },
            .most = 1e3 / 60};
  c.run(suite);
  wakes_row(suite, "hand_over/reactor_to_arena/8/worker_parks", engine.counts().parked - parks, items);
  engine.close_fully();
  engine.stop();
}

// The mailbox does not know who pushes: a thread that plays the worker hands over until it is done.
void arena_to_reactor(bench::suite& suite) {
  weir::io::reactor reactor{weir::io::reactor_options{}};
  ring nodes;
  std::uint64_t items = 0;
  bench::contest c{.name = "hand_over/arena_to_reactor/1", .workers = 1, .correct = all_ran};
  c.ours = {.work =
                [&](std::uint64_t n) {
                  items += n;
                  return nodes.pass(n, 1, [&](node* one, std::uint64_t) { reactor.resume_io(*one); });
                },
            .most = 1e3 / 12};
  c.run(suite);
  const weir::io::reactor_stats s = reactor.stats();
  wakes_row(suite, "hand_over/arena_to_reactor/1/wakes", s.wakes_sent, items);
  wakes_row(suite, "hand_over/arena_to_reactor/1/sleeps", s.sleeps, items);
  if (s.wakes_sent <= s.sleeps * 3) return;  // one per sleep and mailbox at most
  std::fprintf(stderr, "hand_over_bench: the reactor was woken while it was awake\n");
  std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  reactor_to_arena(suite);
  arena_to_reactor(suite);
  return suite.finish();
}
