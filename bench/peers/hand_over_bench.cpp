// hand_over_bench.cpp - what it costs to pass a resumption between the reactor and the workers.
//
//   reactor_to_arena/8              a real reactor hands chains of 8 to 2 workers, one in each of its turns: a timer is
//                                   due, the kernel is asked for events, the turn's batch is flushed
//   reactor_to_arena/8/chain_alone  the last step alone: a plain thread calls engine::resume_chain; no reactor, no turn
//   arena_to_reactor/1              a plain thread that plays the worker (mailboxes do not know who pushes) hands jobs
//                                   to a real reactor, one by one; it runs each and looks at the world
//   .../wakes                       wake-ups sent to the other side while they ran, per million items
//   .../sleeps                      how often that side fell asleep meanwhile, per million items
//   .../wakes_while_awake           wake-ups sent while all of the other side was held in jobs: none, or the program
//                                   stops
// ns per item; jobs are intrusive nodes that only count themselves. At most `in_flight` in each half of a ring are
// under way, so that both sides are busy and memory stays small. No peers: what is passed is a node of ours.
//
// What wakes are held to, from a moment when everybody sleeps to the next one: a wake-up ends a sleep, and one sleep is
// ended once. So there are at most as many as sleeps; the last sleep goes on. It is no equation. A worker that sees
// work as it falls asleep comes back by itself, or is woken by another worker, and a reactor's wait may be interrupted.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <weir/detail/operation.hpp>
#include <weir/detail/thread_context.hpp>

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

// The slowest bound: what does not come true within it never will.
template <class Condition>
void settle(const char* what, Condition done) {
  for (int i = 0; i < 500'000; ++i) {
    if (done()) return;
    std::this_thread::sleep_for(std::chrono::microseconds{10});
  }
  std::fprintf(stderr, "hand_over_bench: %s\n", what);
  std::abort();
}

struct nodes {
  node* first = nullptr;
  std::uint64_t n = 0;
};

// Nodes in two halves: one is handed over again when all of it have run.
class ring {
 public:
  ring() {
    for (unsigned half : {0U, 1U})
      for (node& n : halves_[half]) n.half = half;
  }

  /// From here on n nodes are to be handed over.
  void begin(std::uint64_t n) {
    before_ = ran(0) + ran(1);
    for (unsigned half : {0U, 1U}) due_[half] = ran(half);
    left_ = n;
  }
  /// The next ones, at most `most`; none: the half they are in has not run yet, or there are no more.
  nodes next(std::uint64_t most) {
    if (at_ == end_) {
      const unsigned other = 1 - half_;
      if (left_ == 0 || ran(other) < due_[other]) return {};
      half_ = other;
      at_ = 0;
      end_ = std::min<std::uint64_t>(in_flight, left_);
      left_ -= end_;
      due_[half_] += end_;
    }
    const nodes some{&halves_[half_][at_], std::min(most, end_ - at_)};
    at_ += some.n;
    return some;
  }
  [[nodiscard]] bool all_handed() const { return left_ == 0 && at_ == end_; }
  /// Waits for those that were handed over; how many have run.
  std::uint64_t finish() {
    while (ran(0) < due_[0] || ran(1) < due_[1]) std::this_thread::sleep_for(std::chrono::microseconds{1});
    return ran(0) + ran(1) - before_;
  }

  template <class Hand>  // hand(nodes)
  std::uint64_t pass(std::uint64_t n, std::uint64_t batch, Hand hand) {
    begin(n);
    while (!all_handed()) {
      const nodes some = next(batch);
      if (some.n != 0)
        hand(some);
      else
        std::this_thread::sleep_for(std::chrono::microseconds{1});
    }
    return finish();
  }

 private:
  std::vector<node> halves_[2]{std::vector<node>(in_flight), std::vector<node>(in_flight)};
  std::uint64_t due_[2]{}, before_ = 0, left_ = 0, at_ = 0, end_ = 0;
  unsigned half_ = 0;
};

// A job that holds whoever runs it until it is let go.
class holder : public job {
 public:
  holder() noexcept : job{&act_on} {}
  void await() const {
    while (!there_.load(std::memory_order_acquire)) std::this_thread::yield();
  }
  void let_go() {
    open_.store(true, std::memory_order_release);
    while (!gone_.load(std::memory_order_acquire)) std::this_thread::yield();
  }

 private:
  static outcome act_on(job* j, action) noexcept {
    auto& me = *static_cast<holder*>(j);
    me.there_.store(true, std::memory_order_release);
    while (!me.open_.load(std::memory_order_acquire)) std::this_thread::yield();
    me.gone_.store(true, std::memory_order_release);
    return outcome::internal;
  }
  std::atomic<bool> there_{false}, open_{false}, gone_{false};
};

bool all_ran(std::uint64_t n, std::uint64_t ran) { return ran == n; }

void count_row(bench::suite& suite, const std::string& name, std::uint64_t count, std::uint64_t items) {
  if (!suite.runs(name)) return suite.report({.name = name});
  suite.report({.name = name,
                .unit = "per M items",
                .workers = workers,
                .ours = static_cast<double>(count) * 1e6 / static_cast<double>(std::max<std::uint64_t>(items, 1))});
}

// Runs pass(n), which hands n nodes over and returns how many it has woken, while `held` holders sit on the other side.
template <class Hold, class Hand>
void awake_row(bench::suite& suite, const std::string& name, ring& nodes, unsigned held, Hold hold, Hand hand) {
  if (!suite.runs(name)) return suite.report({.name = name});
  std::uint64_t wakes = 0, items = 0;
  for (unsigned round = 0; round < 10 * suite.rounds(); ++round) {
    std::vector<holder> holders(held);
    for (holder& h : holders) hold(h);
    for (holder& h : holders) h.await();
    nodes.begin(2 * in_flight);
    wakes += hand();
    items += 2 * in_flight;
    for (holder& h : holders) h.let_go();
    if (nodes.finish() != 2 * in_flight) std::abort();
  }
  suite.report({.name = name, .unit = "wakes", .workers = workers, .ours = static_cast<double>(wakes)});
  if (wakes == 0) return;
  std::fprintf(stderr, "hand_over_bench: %s: %llu wake-ups for %llu items\n", name.c_str(),
               static_cast<unsigned long long>(wakes), static_cast<unsigned long long>(items));
  std::abort();
}

// The workers, and how often a hand-over had to wake one of them: engine::notify() leaves a note on its thread.
struct arena_side {
  arena_side() : engine{options()} {}
  ~arena_side() {
    engine.close_fully();
    engine.stop();
  }
  arena_side(const arena_side&) = delete;
  arena_side& operator=(const arena_side&) = delete;

  static weir::cpu::engine_options options() {
    weir::cpu::engine_options o;
    o.workers = workers;
    return o;
  }
  void take(job& newest, job& oldest) {
    bool& woke = weir::detail::this_thread_context().woke_a_worker;
    woke = false;
    engine.resume_chain(newest, oldest);
    if (woke) wakes.fetch_add(1, std::memory_order_relaxed);
  }
  void hold(holder& h) { engine.resume(h); }

  /// The rows of what was counted since all slept; all sleep again at the end.
  void rows(bench::suite& suite, const std::string& name, std::uint64_t items) {
    settle("more workers were woken than had fallen asleep",
           [&] { return engine.asleep() && wakes.load() <= engine.counts().parked - parked; });
    count_row(suite, name + "/wakes", wakes.load(), items);
    count_row(suite, name + "/sleeps", engine.counts().parked - parked, items);
  }

  weir::cpu::engine engine;
  const std::uint64_t parked = engine.counts().parked;
  std::atomic<std::uint64_t> wakes{0};
};

void chain_alone(bench::suite& suite) {
  const std::string name = "hand_over/reactor_to_arena/8/chain_alone";
  arena_side arena;
  ring all;
  std::uint64_t items = 0;
  const auto hand = [&](nodes some) {
    job* newest = nullptr;
    for (std::uint64_t k = 0; k < some.n; ++k) {
      some.first[k].next = newest;
      newest = &some.first[k];
    }
    arena.take(*newest, *some.first);
  };
  bench::contest c{.name = name, .workers = workers, .correct = all_ran};
  c.ours = {.work =
                [&](std::uint64_t n) {
                  items += n;
                  return all.pass(n, 8, hand);
                },
            .most = 1e3 / 60};
  c.run(suite);
  arena.rows(suite, name, items);
}

// An operation that is due in every turn, and hands over a chain of 8 in it.
class source : public weir::detail::operation {
 public:
  source(ring& nodes, arena_side& to)
      : operation{kind::sleep, &in_turn}, nodes_{nodes}, reactor_{[&to] {
          weir::io::reactor_options o;
          o.flush = &flush;
          o.arena = &to;
          return o;
        }()} {}

  /// Hands over what the ring was told to, all of it.
  void hand_all() {
    handed_.store(false, std::memory_order_relaxed);
    state.store(0, std::memory_order_relaxed);
    where = 0;
    deadline = due_;
    reactor_.start(*this);
    while (!handed_.load(std::memory_order_acquire)) std::this_thread::sleep_for(std::chrono::microseconds{10});
  }

 private:
  static void in_turn(operation& op) noexcept {
    auto& me = static_cast<source&>(op);
    const nodes some = me.nodes_.next(8);
    for (std::uint64_t k = 0; k < some.n; ++k) me.reactor_.resume_cpu(some.first[k]);
    if (me.nodes_.all_handed()) return me.handed_.store(true, std::memory_order_release);
    me.state.store(0, std::memory_order_relaxed);  // it has ended, and begins again
    me.where = 0;
    me.deadline = some.n != 0 ? me.due_ : weir::io::system_now() + std::chrono::microseconds{20};
    me.reactor_.start(me);
  }

  // As the runtime's: the inbox takes a chain newest first.
  static void flush(void* to, job* chain, std::size_t) noexcept {
    job* const oldest = chain;
    job* newest = nullptr;
    while (chain != nullptr) {
      job* const next = chain->next;
      chain->next = newest;
      newest = std::exchange(chain, next);
    }
    static_cast<arena_side*>(to)->take(*newest, *oldest);
  }

  ring& nodes_;
  const weir::detail::time_point due_ = weir::io::system_now();
  std::atomic<bool> handed_{false};
  weir::io::reactor reactor_;
};

void reactor_to_arena(bench::suite& suite) {
  const std::string name = "hand_over/reactor_to_arena/8";
  arena_side arena;
  ring all;
  source from{all, arena};
  std::uint64_t items = 0;
  bench::contest c{.name = name, .workers = workers, .correct = all_ran};
  c.ours = {.work =
                [&](std::uint64_t n) {
                  items += n;
                  all.begin(n);
                  from.hand_all();
                  return all.finish();
                },
            .most = 1e3 / 60};
  c.run(suite);
  arena.rows(suite, name, items);
  awake_row(
      suite, name + "/wakes_while_awake", all, workers, [&](holder& h) { arena.hold(h); },
      [&] {
        const std::uint64_t before = arena.wakes.load();
        from.hand_all();
        return arena.wakes.load() - before;
      });
}

void arena_to_reactor(bench::suite& suite) {
  const std::string name = "hand_over/arena_to_reactor/1";
  weir::io::reactor reactor{weir::io::reactor_options{}};
  ring all;
  std::uint64_t items = 0;
  const auto hand = [&](nodes one) { reactor.resume_io(*one.first); };
  bench::contest c{.name = name, .workers = 1, .correct = all_ran};
  c.ours = {.work =
                [&](std::uint64_t n) {
                  items += n;
                  return all.pass(n, 1, hand);
                },
            .most = 1e3 / 12};
  c.run(suite);
  // Asleep it is in a sleep that nothing has ended, so there is one more than wake-ups.
  settle("the reactor was woken more often than it had fallen asleep",
         [&] { return reactor.stats().wakes_sent < reactor.stats().sleeps; });
  const weir::io::reactor_stats s = reactor.stats();
  count_row(suite, name + "/wakes", s.wakes_sent, items);
  count_row(suite, name + "/sleeps", s.sleeps, items);
  awake_row(
      suite, name + "/wakes_while_awake", all, 1, [&](holder& h) { reactor.resume_io(h); },
      [&] {
        const std::uint64_t before = reactor.stats().wakes_sent;
        for (nodes one = all.next(1); one.n != 0; one = all.next(1)) hand(one);
        return reactor.stats().wakes_sent - before;
      });
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  reactor_to_arena(suite);
  chain_alone(suite);
  arena_to_reactor(suite);
  return suite.finish();
}
