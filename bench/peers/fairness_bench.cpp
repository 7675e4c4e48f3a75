// fairness_bench.cpp - 32 threads that all wait for room in a queue of 64.
//
// Jobs of 5 us, one worker (so that the order of starts is defined), for 2 s. What each producer got in is counted; the
// jobs check that those of one producer run in the order in which they were posted.
//   max_min_share       the luckiest producer's count over the unluckiest one's
//   producers_cpu       processors that the 32 waiting producers keep busy together: sleeping costs little, spinning 1
//   fifo_violations     must be zero; stops the program otherwise
#include <weir/runtime.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "support/paired.hpp"

namespace {

constexpr unsigned producers = 32;
constexpr std::size_t capacity = 64;
using clock = std::chrono::steady_clock;

struct producer {
  std::uint64_t posted = 0;  // its thread's
  std::uint64_t last = 0;    // the worker's: the number of the newest job of it that has run
  double cpu = 0;
};

double thread_cpu_seconds() {
  rusage u{};
  getrusage(RUSAGE_THREAD, &u);
  const auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return s(u.ru_utime) + s(u.ru_stime);
}

void busy(std::chrono::nanoseconds length) {
  for (const auto end = clock::now() + length; clock::now() < end;) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  const std::string name = "full_queue/32_producers/";
  if (!suite.runs(name + "max_min_share")) {
    for (const char* const row : {"max_min_share", "producers_cpu", "fifo_violations"})
      suite.report({.name = name + row});
    return suite.finish();
  }
  std::vector<producer> all(producers);
  std::atomic<std::uint64_t> violations{0};
  const double seconds = suite.quick() ? 1 : 3;
  weir::runtime rt{weir::runtime_options{.threads = 1, .queue_capacity = capacity}};
  {
    const auto end = clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>{seconds});
    std::vector<std::thread> threads;
    for (producer& p : all)
      threads.emplace_back([&, end] {
        while (clock::now() < end) {
          rt.cpu().post([&p, &violations, number = p.posted + 1] {
            if (number != p.last + 1) violations.fetch_add(1, std::memory_order_relaxed);
            p.last = number;
            busy(std::chrono::microseconds{5});
          });
          ++p.posted;
        }
        p.cpu = thread_cpu_seconds();
      });
    for (std::thread& t : threads) t.join();
    rt.wait_idle();
  }
  double cpu = 0;
  std::uint64_t posted = 0;
  for (const producer& p : all) {
    cpu += p.cpu;
    posted += p.posted;
    if (p.last != p.posted) violations.fetch_add(1, std::memory_order_relaxed);
  }
  const weir::runtime_stats s = rt.stats();
  if (violations != 0 || s.jobs_ok != posted || s.queue_high_water_items > capacity) {
    std::fprintf(stderr, "fairness_bench: %llu violations, %llu of %llu ran, %zu in a queue of %zu\n",
                 static_cast<unsigned long long>(violations.load()), static_cast<unsigned long long>(s.jobs_ok),
                 static_cast<unsigned long long>(posted), s.queue_high_water_items, capacity);
    std::abort();
  }
  const auto [least, most] =
      std::minmax_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.posted < b.posted; });
  const double share =
      static_cast<double>(most->posted) / static_cast<double>(std::max<std::uint64_t>(least->posted, 1));
  suite.report({.name = name + "max_min_share", .unit = "ratio", .workers = 1, .ours = share, .target = 2});
  suite.report(
      {.name = name + "producers_cpu", .unit = "processors", .workers = 1, .ours = cpu / seconds, .target = 0.5});
  suite.report({.name = name + "fifo_violations", .unit = "count", .workers = 1, .ours = 0});
  return suite.finish();
}
