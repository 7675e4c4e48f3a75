// memory_bench.cpp - what a stream of posts costs in memory: growth of the resident set, allocations per item.
// sources: tests/support/alloc_count.cpp
//
// 10 million posts (1 million: --quick) from one thread to 2 workers, 64 bytes of closure and about 15 ns of hash,
// after a warm-up of a million, each contestant in a process of its own (this program calls itself); ours has filled
// its queue once before. Growth is the highest resident set while they run minus the set before all of that.
//
//   post/1/allocations   calls of operator new, malloc and its relatives and mimalloc, by all threads, per
//                        item after the warm-up: what weir and its queue do. The items cost none; what is counted is
//                        blocks of 32 places, for which the queue (moodycamel) calls malloc when the next one of its
//                        ring has not been emptied yet
//   .../with_tbb         the same and the calls of TBB's allocator. Ours are the pumps that TBB is asked to run: a task
//                        for each slice of 500 us of a worker, whatever the number of items. Peers' figures have all
//                        their calls in them, TBB's too, so they stand beside this one
//   post/1/slices        those tasks per second
#include <weir/runtime.hpp>

#include <tbb/task_group.h>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "peers/mutex_pool.hpp"
#include "peers/payload.hpp"
#include "peers/tbb_pool.hpp"
#include "support/alloc_count.hpp"
#include "support/paired.hpp"

namespace {

constexpr unsigned workers = 2;
constexpr std::uint64_t warm_up = 1'000'000;
using bench::payload;

double status_mib(const char* field) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::strtod(line.c_str() + std::strlen(field), nullptr) / 1024;
  return 0;
}

// In the child: prints growth, allocations per item without and with TBB's, and TBB's per second.
template <class Post>
void measure(std::uint64_t n, Post post, double before = status_mib("VmRSS:")) {
  const auto run = [&post](std::uint64_t items) {
    const bench::totals so_far = bench::ran();
    for (std::uint64_t i = 0; i < items; ++i) post(payload::make(i));
    if (!bench::sum_is_right(items, bench::await(so_far, items))) std::abort();
  };
  run(warm_up);
  const auto start = std::chrono::steady_clock::now();
  const support::allocation_counts calls = support::allocations_during([&] { run(n); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto per_item = [n](std::uint64_t count) { return static_cast<double>(count) / static_cast<double>(n); };
  std::printf("%.3f %.8f %.8f %.0f\n", status_mib("VmHWM:") - before, per_item(calls.total() - calls.tbb),
              per_item(calls.total()), static_cast<double>(calls.tbb) / seconds);
}

// Fills the queue once behind workers that are held, so that the pool has grown to its size: a stream alone fills it
// only when the workers happen to be away for long enough.
void fill_once(weir::runtime& rt) {
  std::atomic<bool> held{true};
  for (unsigned w = 0; w < workers; ++w)
    rt.cpu().post([&held] {
      while (held.load(std::memory_order_acquire)) std::this_thread::yield();
    });
  const std::size_t rest = rt.stats().queue_capacity_items - workers;
  for (std::size_t i = 0; i < rest; ++i) rt.cpu().post(payload::make(i));
  held.store(false, std::memory_order_release);
  rt.wait_idle();
}

int child(const std::string& who, std::uint64_t n) {
  if (who == "weir") {
    weir::runtime rt{weir::runtime_options{.threads = workers}};
    const double before = status_mib("VmRSS:");
    fill_once(rt);
    measure(n, [&](const payload& p) { rt.cpu().post(p); }, before);
  } else if (who == "mutex + cv pool") {
    bench::mutex_pool<std::function<void()>> pool{workers};
    measure(n, [&](const payload& p) { pool.post(p); });
  } else if (who == "asio::post") {
    asio::thread_pool pool{workers};
    measure(n, [&](const payload& p) { asio::post(pool, p); });
  } else if (who == "tbb arena.enqueue") {
    bench::tbb_pool tbb{workers};
    measure(n, [&](const payload& p) { tbb.arena.enqueue(p); });
  } else if (who == "tbb::task_group::run") {
    bench::tbb_pool tbb{workers};
    tbb.arena.execute([n] {
      tbb::task_group group;
      measure(n, [&](const payload& p) { group.run(p); });
      group.wait();
    });
  } else {
    return 2;
  }
  return 0;
}

struct figures {
  double growth = 0, allocations = 0, with_tbb = 0, tbb_per_s = 0;
};

figures in_a_child(const std::string& who, std::uint64_t n) {
  char self[4096];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length <= 0) std::abort();
  const std::string command =
      '\'' + std::string(self, static_cast<std::size_t>(length)) + "' '--child=" + who + "' " + std::to_string(n);
  std::FILE* const out = popen(command.c_str(), "r");
  figures f;
  if (out == nullptr ||
      std::fscanf(out, "%lf %lf %lf %lf", &f.growth, &f.allocations, &f.with_tbb, &f.tbb_per_s) != 4 ||
      pclose(out) != 0) {
    std::fprintf(stderr, "memory_bench: no figures from %s\n", who.c_str());
    std::abort();
  }
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strncmp(argv[1], "--child=", 8) == 0)
    return child(argv[1] + 8, std::strtoull(argv[2], nullptr, 10));
  bench::suite suite{argc, argv};
  const std::string growth = "post/1/rss_growth", allocations = "post/1/allocations";
  if (!suite.runs(growth) && !suite.runs(allocations)) {
    suite.report({.name = growth});
    suite.report({.name = allocations});
    suite.report({.name = allocations + "/with_tbb"});
    suite.report({.name = "post/1/slices"});
    return suite.finish();
  }
  const std::uint64_t n = suite.quick() ? 1'000'000 : 10'000'000;
  const figures ours = in_a_child("weir", n);
  // The limit: a node of 128 bytes for each of the 65536 places, and 8 MiB.
  bench::row r{
      .name = growth, .unit = "MiB", .workers = workers, .ours = ours.growth, .target = 65536.0 * 128 / 1048576 + 8};
  suite.report(r);
  bench::row a{.name = allocations, .unit = "per item", .workers = workers, .ours = ours.allocations, .target = 1e-4};
  suite.report(a);
  suite.report({.name = "post/1/slices", .unit = "tasks/s", .workers = workers, .ours = ours.tbb_per_s});
  a.name += "/with_tbb";
  a.ours = ours.with_tbb;
  a.target = 0;
  suite.report(a);
  r.target = 0;
  for (const char* const peer : {"mutex + cv pool", "asio::post", "tbb arena.enqueue", "tbb::task_group::run"}) {
    const figures theirs = in_a_child(peer, std::strcmp(peer, "tbb::task_group::run") == 0 ? n / 10 : n);
    r.peer_name = a.peer_name = peer;
    r.peer = theirs.growth;
    a.peer = theirs.with_tbb;
    r.ratio = a.ratio = 0;
    suite.report(r);
    suite.report(a);
  }
  return suite.finish();
}
