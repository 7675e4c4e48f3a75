// burst_bench.cpp - 1000 jobs of 10 us from one outside thread to sleeping workers: how long until all of them run?
//
// us from the first post until the last of the 2 workers has begun its first job, p50 and p99. Before each burst
// everybody has slept for 5 ms. The peer's workers are TBB's threads.
#include <weir/runtime.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "peers/tbb_pool.hpp"
#include "support/interval.hpp"
#include "support/paired.hpp"

#include <algorithm>

namespace {

constexpr unsigned workers = 2;
constexpr unsigned jobs = 1000;
using clock = std::chrono::steady_clock;

// Who has begun, and when. A thread takes part in a burst once.
class starts {
 public:
  void job() noexcept {
    if (burst_of_thread != burst_) {
      burst_of_thread = burst_;
      const auto now = clock::now();
      if (began_.fetch_add(1, std::memory_order_relaxed) + 1 == workers) all_.store(now.time_since_epoch().count());
    }
    for (const auto end = clock::now() + std::chrono::microseconds{10}; clock::now() < end;) {
    }
    ended_.fetch_add(1, std::memory_order_release);
  }

  // us until all have begun; all jobs have ended when it returns.
  double run(const std::function<void(unsigned)>& post_all) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    ++burst_;
    began_ = 0;
    ended_ = 0;
    all_ = 0;
    const auto start = clock::now();
    post_all(jobs);
    while (ended_.load(std::memory_order_acquire) != jobs) std::this_thread::sleep_for(std::chrono::microseconds{200});
    const auto at = all_.load();
    if (at == 0) return 10.0 * jobs;  // one worker did it all
    return std::chrono::duration<double, std::micro>(clock::duration{at} - start.time_since_epoch()).count();
  }

 private:
  static thread_local unsigned burst_of_thread;
  unsigned burst_ = 0;
  std::atomic<unsigned> began_{0}, ended_{0};
  std::atomic<clock::rep> all_{0};
};
constinit thread_local unsigned starts::burst_of_thread = 0;

double percentile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  const std::string name = "burst/1000_x_10us/all_workers_run";
  if (!suite.runs(name)) {
    suite.report({.name = name});
    return suite.finish();
  }
  weir::runtime rt{weir::runtime_options{.threads = workers}};
  bench::tbb_pool tbb{workers};
  starts s;
  const auto ours = [&](unsigned n) {
    for (unsigned i = 0; i < n; ++i) rt.cpu().post([&s] { s.job(); });
  };
  const auto enqueue = [&](unsigned n) {
    for (unsigned i = 0; i < n; ++i) tbb.arena.enqueue([&s] { s.job(); });
  };
  std::vector<double> our_times, tbb_times, ratios;
  for (unsigned i = 0; i < (suite.quick() ? 100U : 500U); ++i) {
    our_times.push_back(s.run(ours));
    tbb_times.push_back(s.run(enqueue));
    ratios.push_back(tbb_times.back() / our_times.back());
  }
  bench::row r{.name = name, .unit = "us p50", .workers = workers, .ours = percentile(our_times, 0.5), .target = 130};
  r.spread = bench::median_absolute_deviation(our_times) / bench::median(our_times);
  suite.report(r);
  const auto [low, high] = bench::median_interval(ratios);
  r.peer = percentile(tbb_times, 0.5);
  r.peer_name = "tbb arena.enqueue";
  r.target = 0;
  r.low = low;
  r.high = high;
  suite.report(r);
  r = {.name = name + "/p99",
       .unit = "us p99",
       .workers = workers,
       .ours = percentile(our_times, 0.99),
       .peer = percentile(tbb_times, 0.99),
       .peer_name = "tbb arena.enqueue"};
  suite.report(r);
  return suite.finish();
}
