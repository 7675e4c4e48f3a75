// sync/bell.hpp over counters with one writer each (sync/tally.hpp): the last end always wakes the waiter, and "quiet"
// is never claimed while something admitted still runs. The condition is engine::quiet()'s, the gate submit_bulk()'s.
#include "sync/bell.hpp"

#include <array>

#include "explorer/model.hpp"
#include "sync/tally.hpp"

namespace {

using namespace weir;  // NOLINT
using sync::atomic;
constexpr auto no_limit = std::chrono::steady_clock::time_point::max();

template <std::size_t Threads>
struct ledger {
  std::array<sync::tally, Threads> attempts, ended;
  atomic<std::uint64_t> rejected{0};
  sync::bell bell;

  bool quiet() {  // ends before attempts
    std::uint64_t ends = 0, begun = 0;
    for (const sync::tally& t : ended) ends += t.read();
    ends += rejected.load(std::memory_order_acquire);
    for (const sync::tally& t : attempts) begun += t.read();
    return ends == begun;
  }
  void end(std::size_t who) {
    ended[who].add();
    bell.ring_if([this] { return quiet(); });
  }
};

template <std::size_t Threads>
void last_end_wakes() {
  constexpr std::size_t threads = Threads;
  ledger<Threads> l;
  model::plain<int> done0{0}, done1{0};
  for (std::size_t i = 0; i < threads; ++i) l.attempts[i].add();
  for (std::size_t i = 0; i < threads; ++i)
    model::thread([&, i] {
      if (i == 0) done0 = 1;
      if (i == 1) done1 = 1;
      l.end(i);
    });
  model::require(l.bell.wait(no_limit, [&] { return l.quiet(); }), "no deadline");
  model::require(done0 + done1 == (threads > 1 ? 2 : 1), "what ended is visible");
  model::join();
}

// Shutdown against submit (engine.hpp E3): every attempt is refused, or waited for.
void shutdown_against_submit() {
  ledger<2> l;
  atomic<bool> open{true};
  model::plain<int> engine{0};
  int outcomes[2] = {0, 0};
  for (std::size_t i = 0; i < 2; ++i)
    model::thread([&, i] {
      l.attempts[i].add();
      sync::fence_light();
      if (open.load(std::memory_order_relaxed)) {
        model::require(engine == 0, "an admitted job needs the engine");
        ++outcomes[i];
        l.end(i);
      } else {
        ++outcomes[i];
        l.rejected.fetch_add(1, std::memory_order_release);
        l.bell.ring_if([&] { return l.quiet(); });
      }
    });
  open.store(false, std::memory_order_release);
  sync::fence_heavy();
  l.bell.wait(no_limit, [&] { return l.quiet(); });
  engine = 1;  // races with a job that was admitted and not waited for
  model::join();
  model::require(outcomes[0] == 1 && outcomes[1] == 1 && l.quiet(), "each attempt has one outcome");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"bell: the last end wakes the waiter, one thread [I1]", {.preemptions = 3}, last_end_wakes<1>},
       {"bell: two ends at the same moment [I1]", {.preemptions = 2, .stale = 3}, last_end_wakes<2>},
       {"shutdown against submit: refused or waited for", {.preemptions = 2, .stale = 2}, shutdown_against_submit}});
}
