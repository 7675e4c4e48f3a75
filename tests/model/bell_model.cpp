// sync/bell.hpp over counters with one writer each (sync/tally.hpp): the last end always wakes the waiter, and "quiet"
// is never claimed while something admitted still runs. The condition is engine::quiet()'s.
#include "sync/bell.hpp"

#include <array>

#include "explorer/model.hpp"
#include "sync/tally.hpp"

namespace {

using namespace weir;  // NOLINT
constexpr auto no_limit = std::chrono::steady_clock::time_point::max();

template <std::size_t Threads>
struct ledger {
  std::array<sync::tally, Threads> attempts, ended;
  sync::bell bell;

  bool quiet() {
    return sync::outstanding([&] { return sync::total(ended); }, [&] { return sync::total(attempts); }) == 0;
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

// ring() by itself: who sees the new epoch sees why.
void rung_without_a_count() {
  sync::bell b;
  sync::atomic<int> over{0};
  model::thread([&] {
    over.store(1, std::memory_order_relaxed);
    b.ring();
  });
  b.wait(no_limit, [&] { return over.load(std::memory_order_relaxed) == 1; });
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"bell: the last end wakes the waiter, one thread [I1]", {.preemptions = 3}, last_end_wakes<1>},
                      {"bell: rung without a count [I1]", {.preemptions = 100}, rung_without_a_count},
                      {"bell: two ends at the same moment [I1]", {.preemptions = 2, .stale = 3}, last_end_wakes<2>}});
}
