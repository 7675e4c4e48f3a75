// coro_fork_bench.cpp - ns per task of fork-join by coroutines, beside tbb::task_group.
//
//   fib      2 children per fork, one addition per task, no cut-off: all of it is the scheduler's cost
//   skynet   10 children per fork, 1e8 leaves that only give their number back
//
// A task is a coroutine that was started; both sides run the same tree with one task per node, except that task_group
// runs the last child of a node in place, as its users do. What it does not show: tasks that wait, or do real work.
// links: TBB::tbb
// set: peers
#include <cstdint>
#include <optional>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <weir/fork.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>

#include "support/paired.hpp"
#include "support/targets.hpp"

namespace {

weir::task<std::uint64_t> fib(unsigned n) {
  if (n < 2) co_return n;
  const auto [a, b] = co_await weir::fork(weir::call<fib>(n - 1), weir::call<fib>(n - 2));
  co_return a + b;
}

std::uint64_t tbb_fib(unsigned n) {
  if (n < 2) return n;
  std::uint64_t a = 0;
  tbb::task_group group;
  group.run([&a, n] { a = tbb_fib(n - 1); });
  const std::uint64_t b = tbb_fib(n - 2);
  group.wait();
  return a + b;
}

weir::task<std::uint64_t> skynet(std::uint64_t first, std::uint64_t leaves) {
  if (leaves == 1) co_return first;
  const std::uint64_t part = leaves / 10;
  const auto child = [first, part](std::uint64_t i) { return skynet(first + i * part, part); };
  std::uint64_t sum = 0;
  for (const std::uint64_t s : co_await weir::fork<10>(child)) sum += s;
  co_return sum;
}

std::uint64_t tbb_skynet(std::uint64_t first, std::uint64_t leaves) {
  if (leaves == 1) return first;
  const std::uint64_t part = leaves / 10;
  std::uint64_t sums[10];
  tbb::task_group group;
  for (std::uint64_t i = 0; i < 9; ++i) group.run([&, i] { sums[i] = tbb_skynet(first + i * part, part); });
  sums[9] = tbb_skynet(first + 9 * part, part);
  group.wait();
  std::uint64_t sum = 0;
  for (const std::uint64_t s : sums) sum += s;
  return sum;
}

/// A workload on both sides, at one size.
struct workload {
  const char* name;
  double tasks;
  std::uint64_t result;
  weir::task<std::uint64_t> (*ours)();
  std::uint64_t (*peer)();
  double target[2];  ///< ns per task on 1 and on 2 workers; 0: none
  double ratio;      ///< to task_group; 0: none
};

// One runtime and one arena per worker count, made when a row needs them.
void compare(bench::suite& suite, const workload& w, unsigned workers) {
  std::optional<weir::runtime> rt;
  std::optional<tbb::task_arena> arena;
  const auto setup = [&] {
    weir::runtime_options options;
    options.threads = workers;
    rt.emplace(options);
    arena.emplace(static_cast<int>(workers));
  };
  const auto ours = [&] { return weir::block_on(*rt, w.ours()); };
  const auto peer = [&] { return arena->execute(w.peer); };
  const auto correct = [&](std::uint64_t n) { return n == w.result; };
  const std::string name = std::string{"coro_fork/"} + w.name;
  suite.compare({.name = name,
                 .unit = "ns/task",
                 .workers = workers,
                 .items = w.tasks,
                 .setup = setup,
                 .ours = ours,
                 .correct = correct,
                 .target = w.target[workers - 1]});
  suite.compare({.name = name + "/ratio",
                 .unit = "ns/task",
                 .workers = workers,
                 .items = w.tasks,
                 .setup = setup,
                 .ours = ours,
                 .peer = peer,
                 .peer_name = "tbb::task_group",
                 .correct = correct,
                 .target = w.ratio});
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  // --quick: smaller trees, the figures per task are nearly the same.
  const double fib_1 = bench::by_compiler(9, 11.5), fib_2 = bench::by_compiler(4.7, 5.8);
  const double skynet_1 = bench::by_compiler(10, 12.5), skynet_2 = bench::by_compiler(5.2, 6.5);
  const workload fib_of[] = {
      {"fib(38)", 126491971 * 1.0, 39088169, [] { return fib(38); }, [] { return tbb_fib(38); }, {fib_1, fib_2}, 5.5},
      {"fib(32)", 7049155 * 1.0, 2178309, [] { return fib(32); }, [] { return tbb_fib(32); }, {fib_1, fib_2}, 5.5}};
  const workload skynet_of[] = {{"skynet(1e8)",
                                 111111111,
                                 4999999950000000,
                                 [] { return skynet(0, 100'000'000); },
                                 [] { return tbb_skynet(0, 100'000'000); },
                                 {skynet_1, skynet_2},
                                 0},
                                {"skynet(1e6)",
                                 1111111,
                                 499999500000,
                                 [] { return skynet(0, 1'000'000); },
                                 [] { return tbb_skynet(0, 1'000'000); },
                                 {skynet_1, skynet_2},
                                 0}};
  for (const unsigned workers : {1U, 2U}) {
    compare(suite, fib_of[suite.quick() ? 1 : 0], workers);
    compare(suite, skynet_of[suite.quick() ? 1 : 0], workers);
  }
  return suite.finish();
}
