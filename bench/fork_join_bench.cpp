// Fork-join of functions: fib and skynet are nothing but forks and joins, the others are what programs do with them.
// Everything on 1 and on 2 workers; ours is weir::fork_join, the peers are TBB's ways to say the same. What it does not
// show: more than two workers, and leaves that touch much memory (matmul and quicksort touch some).
// set: peers
#include <weir/parallel.hpp>

#include <oneapi/tbb/parallel_sort.h>

#include <string>

#include "support/paired.hpp"
#include "workloads/fib.hpp"
#include "workloads/joiners.hpp"
#include "workloads/matmul.hpp"
#include "workloads/nqueens.hpp"
#include "workloads/quicksort.hpp"
#include "workloads/skynet.hpp"
#include "workloads/uts.hpp"

namespace {

using bench::tbb_parallel_invoke;
using bench::tbb_task_group;
using bench::weir_fork_join;

bool is_one(std::uint64_t result) { return result == 1; }

/// A workload on weir and on a peer. Work::run<Joiner>() does it once and returns what `correct` looks at.
template <class Peer, class Work>
bench::row against(bench::suite& suite, bench::pair p, const Work& work) {
  p.ours = [&work, w = p.workers] {
    return weir_fork_join::run(w, [&] { return work.template run<weir_fork_join>(); });
  };
  p.peer = [&work, w = p.workers] { return Peer::run(w, [&] { return work.template run<Peer>(); }); };
  p.peer_name = Peer::name;
  return suite.compare(p);
}

/// A row for each number of workers, and how much better than the peer ours gets from 1 to 2 workers.
template <class Peer, class Work>
void with_scaling(bench::suite& suite, const bench::pair& p, const Work& work) {
  bench::row rows[2];
  for (unsigned w : {1U, 2U}) {
    bench::pair each = p;
    each.workers = w;
    rows[w - 1] = against<Peer>(suite, each, work);
  }
  if (rows[0].ours <= 0 || rows[1].ours <= 0) return;
  suite.report({.name = p.name + ", scaling 1 to 2",
                .unit = "x faster",
                .workers = 2,
                .ours = rows[0].ours / rows[1].ours,
                .peer = rows[0].peer / rows[1].peer,
                .peer_name = rows[0].peer_name,
                .ratio = rows[1].ratio / rows[0].ratio,
                .spread = rows[0].spread + rows[1].spread,
                .target = 0.98});
}

/// fib(38) here; the peers, which take 40 times as long, count calls in a smaller one.
struct fib_work {
  int ours = 38, peer = 32;
  template <class Joiner>
  [[nodiscard]] std::uint64_t run() const {
    const int n = std::is_same_v<Joiner, weir_fork_join> ? ours : peer;
    return bench::fib<Joiner>(n) == bench::serial_fib(n) ? 1 : 0;
  }
};

void fib(bench::suite& suite) {
  const fib_work work;
  for (const unsigned w : {1U, 2U}) {
    const bench::pair p{.name = "fork_join/fib(38)",
                        .unit = "ns/call",
                        .workers = w,
                        .items = bench::fib_calls(work.ours),
                        .peer_items = bench::fib_calls(work.peer),
                        .correct = is_one};
    bench::pair alone = p;
    alone.target = w == 1 ? 3.0 : 1.6;
    alone.ours = [&work, w] { return weir_fork_join::run(w, [&] { return work.run<weir_fork_join>(); }); };
    suite.compare(alone);
    bench::pair group = p, invoke = p;
    group.target = 18;
    against<tbb_task_group>(suite, group, work);
    invoke.target = 12;
    against<tbb_parallel_invoke>(suite, invoke, work);
  }
}

struct skynet_work {
  long ours, peer;
  template <class Joiner>
  [[nodiscard]] std::uint64_t run() const {
    const long leaves = std::is_same_v<Joiner, weir_fork_join> ? ours : peer;
    return bench::skynet<Joiner>(0, leaves) == bench::skynet_sum(leaves) ? 1 : 0;
  }
};

void skynet(bench::suite& suite) {
  const skynet_work work{suite.quick() ? 10'000'000 : 100'000'000, 1'000'000};
  for (const unsigned w : {1U, 2U}) {
    bench::pair p{.name = suite.quick() ? "fork_join/skynet(1e7)" : "fork_join/skynet(1e8)",
                  .unit = "ns/task",
                  .workers = w,
                  .items = bench::skynet_tasks(work.ours),
                  .peer_items = bench::skynet_tasks(work.peer),
                  .correct = is_one};
    bench::pair alone = p;
    alone.target = w == 1 ? 4 : 2;
    alone.ours = [&work, w] { return weir_fork_join::run(w, [&] { return work.run<weir_fork_join>(); }); };
    suite.compare(alone);
    against<tbb_task_group>(suite, p, work);
  }
}

struct nqueens_work {
  template <class Joiner>
  [[nodiscard]] std::uint64_t run() const {
    return static_cast<std::uint64_t>(bench::nqueens<Joiner>(13, 0, {}));
  }
};

void nqueens(bench::suite& suite) {
  with_scaling<tbb_task_group>(suite,
                               {.name = "fork_join/nqueens(13)",
                                .unit = "ms",
                                .correct = [](std::uint64_t n) { return n == 73'712; },
                                .target = 1 / 0.82},
                               nqueens_work{});
}

struct matmul_work {
  bench::matrices& m;
  template <class Joiner>
  [[nodiscard]] std::uint64_t run() const {
    return bench::matmul<Joiner>(m);
  }
};

void matmul(bench::suite& suite) {
  if (!suite.wants("fork_join/matmul(1024)")) return;
  bench::matrices m{1024};
  const std::uint64_t sum = bench::matmul_sum(m);
  with_scaling<tbb_task_group>(suite,
                               {.name = "fork_join/matmul(1024)",
                                .unit = "ms",
                                .correct = [=](std::uint64_t s) { return s == sum; },
                                .target = 1 / 1.03},
                               matmul_work{m});
}

struct uts_work {
  bench::uts_tree tree;
  template <class Joiner>
  [[nodiscard]] std::uint64_t run() const {
    return static_cast<std::uint64_t>(bench::uts_root<Joiner>(tree, 42, 0, tree.root_children));
  }
};

void uts(bench::suite& suite) {
  if (!suite.wants("fork_join/uts")) return;
  const uts_work work{};
  const auto nodes = static_cast<std::uint64_t>(bench::serial_uts_root(work.tree, 42));
  with_scaling<tbb_task_group>(suite,
                               {.name = "fork_join/uts",
                                .unit = "ns/node",
                                .items = static_cast<double>(nodes),
                                .correct = [=](std::uint64_t n) { return n == nodes; },
                                .target = 1 / 1.03},
                               work);
}

struct quicksort_work {
  std::vector<int>& numbers;
  template <class Joiner>
  [[nodiscard]] std::uint64_t run() const {
    bench::quicksort<Joiner>(numbers.data(), numbers.data() + numbers.size());
    return 0;
  }
};

void quicksort(bench::suite& suite) {
  const std::string size = suite.quick() ? "(1e6)" : "(1e8)";
  if (!suite.wants("fork_join/quicksort" + size) && !suite.wants("parallel_sort" + size)) return;
  const std::vector<int> original = bench::shuffled(suite.quick() ? 1'000'000 : 100'000'000);
  std::uint64_t sum = 0;
  for (const int i : original) sum += static_cast<std::uint64_t>(i);
  std::vector<int> numbers = original;
  const bench::pair p{.name = "fork_join/quicksort" + size,
                      .unit = "ns/item",
                      .items = static_cast<double>(original.size()),
                      .correct = [&](std::uint64_t) { return bench::sorted_sum(numbers, sum) == 1; },
                      .target = 1 / 1.03,
                      .before = [&] { numbers = original; }};
  with_scaling<tbb_task_group>(suite, p, quicksort_work{numbers});
  for (const unsigned w : {1U, 2U}) {
    bench::pair whole = p;
    whole.name = "parallel_sort" + size;
    whole.workers = w;
    whole.target = 0;
    whole.ours = [&, w] { return weir::parallel_sort(bench::weir_runtime(w).cpu(), numbers), 0; };
    whole.peer = [&, w] { return bench::tbb_arena(w).execute([&] { tbb::parallel_sort(numbers); }), 0; };
    whole.peer_name = "tbb::parallel_sort";
    suite.compare(whole);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  fib(suite);
  skynet(suite);
  nqueens(suite);
  matmul(suite);
  uts(suite);
  quicksort(suite);
  return suite.finish();
}
