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

// A thread's count of what it has run, one for each half of the ring.
struct alignas(64) runs {
  weir::sync::tally of_half[2];
};

// A resumption: counts itself on the thread that runs it.
struct node : job {
  node() noexcept : job{&act_on} {}
  static outcome act_on(job*, action) noexcept;
  unsigned half = 0;
};
runs by_thread[64];
std::atomic<unsigned> threads{0};
thread_local runs& my_runs = by_thread[threads.fetch_add(1) % 64];

outcome node::act_on(job* j, action) noexcept {
  my_runs.of_half[static_cast<node*>(j)->half].add();  // the node may be used again after this
  return outcome::internal;
}

std::uint64_t ran(unsigned half) noexcept {
  std::uint64_t sum = 0;
  for (const runs& r : by_thread) sum += r.of_half[half].read();
  return sum;
}

// Nodes in two halves: one is handed over again when all of it have run.
class ring {
 public:
  ring() {
    for (unsigned half : {0U, 1U})
      for (node& n : halves_[half]) n.half = half;
  }

  template <class Hand>  // hand(first, n): n nodes from there
  std::uint64_t pass(std::uint64_t n, std::size_t batch, Hand hand) {
    const std::uint64_t before = ran(0) + ran(1);
    std::uint64_t due[2] = {ran(0), ran(1)};
    unsigned half = 0;
    for (std::uint64_t i = 0; i < n; i += in_flight, half = 1 - half) {
      wait_for(half, due[half]);
      const std::uint64_t some = std::min<std::uint64_t>(in_flight, n - i);
      due[half] += some;
      for (std::uint64_t k = 0; k < some; k += batch) hand(&halves_[half][k], std::min<std::uint64_t>(batch, some - k));
    }
    wait_for(0, due[0]);
    wait_for(1, due[1]);
    return ran(0) + ran(1) - before;
  }

 private:
  static void wait_for(unsigned half, std::uint64_t count) {
    while (ran(half) < count) std::this_thread::sleep_for(std::chrono::microseconds{1});
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
