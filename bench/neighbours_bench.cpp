// neighbours_bench.cpp - what a runtime and the other users of TBB and of the processors take from one another.
//
//   a user's tbb::parallel_for alone, beside an idle runtime, beside a saturated one      (rounds interleaved)
//   two saturated runtimes: who gets how much, and how soon both get on once the second one has work
//   the CPU time of 64 workers for the work of 2
//
// Shares are of work done, not of time given. Moments are taken by the jobs themselves: a thread that watches them
// needs a processor too, and gets one late. All figures are the program's own: `report` rows, where smaller is better;
// a share is therefore reported as its distance from one half. Everything is counted, and wrong counts stop the
// program. tests/neighbours/shares_test.py holds a short run of it to looser bounds.
#include <weir/runtime.hpp>

#include <oneapi/tbb/parallel_for.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <thread>
#include <vector>

#include "support/paired.hpp"

namespace {

using clock = std::chrono::steady_clock;

constexpr unsigned workers = 2;

double seconds_since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

// About a microsecond of arithmetic.
std::uint64_t work(std::uint64_t seed) {
  for (int i = 0; i < 700; ++i) seed = seed * 6364136223846793005U + 1442695040888963407U;
  bench::keep(seed);
  return seed;
}

void stop_if(bool wrong, const char* what) {
  if (!wrong) return;
  std::fprintf(stderr, "neighbours_bench: %s\n", what);
  std::exit(1);
}

weir::runtime_options options(unsigned threads) { return weir::runtime_options{.threads = threads}; }

// A loop of the user's own, outside of any runtime.
double tbb_loop_seconds(int iterations) {
  std::atomic<int> ran{0};
  const auto start = clock::now();
  tbb::parallel_for(tbb::blocked_range<int>{0, iterations}, [&](const tbb::blocked_range<int>& part) {
    for (int i = part.begin(); i != part.end(); ++i) work(static_cast<std::uint64_t>(i));
    ran += static_cast<int>(part.size());
  });
  const double took = seconds_since(start);
  stop_if(ran != iterations, "the loop lost iterations");
  return took;
}

// Chains of jobs, each posting the next: a runtime that never runs out of work, until stop().
class saturated {
 public:
  explicit saturated(weir::runtime& rt) : rt_{rt}, chains_{4 * workers} {
    for (unsigned i = 0; i < 4 * workers; ++i) rt_.cpu().post([this] { link(); });
  }
  saturated(const saturated&) = delete;
  saturated& operator=(const saturated&) = delete;
  ~saturated() {
    stop_ = true;
    rt_.wait_idle();
    stop_if(chains_ != 0, "a chain of jobs was lost");
  }
  [[nodiscard]] std::uint64_t ran() const { return ran_; }
  /// Each worker notes anew when it begins its next job.
  void note_again() {
    for (auto& at : first_) at = 0;
  }
  /// Whether all workers have begun a job since then, or since the beginning.
  [[nodiscard]] bool all_began() const {
    return std::none_of(std::begin(first_), std::end(first_), [](const auto& at) { return at == 0; });
  }
  /// From `start` until the first, and until the last worker began one. Requires all_began().
  [[nodiscard]] double first_ms(clock::time_point start) const {
    return ms(*std::min_element(std::begin(first_), std::end(first_)), start);
  }
  [[nodiscard]] double last_ms(clock::time_point start) const {
    return ms(*std::max_element(std::begin(first_), std::end(first_)), start);
  }

 private:
  static double ms(clock::duration::rep at, clock::time_point start) {
    return std::chrono::duration<double, std::milli>(clock::duration{at} - start.time_since_epoch()).count();
  }

  void link() {
    const unsigned me = weir::this_worker::index().value_or(0);
    if (first_[me] == 0) first_[me] = clock::now().time_since_epoch().count();
    for (int i = 0; i < 10; ++i) work(ran_);
    ++ran_;
    if (stop_)
      --chains_;
    else
      rt_.cpu().post([this] { link(); });
  }

  weir::runtime& rt_;
  std::atomic<bool> stop_{false};
  std::atomic<unsigned> chains_;
  std::atomic<std::uint64_t> ran_{0};
  std::atomic<clock::duration::rep> first_[workers]{};
};

void row(bench::suite& suite, const char* name, const char* unit, const std::vector<double>& values, double target) {
  const double middle = bench::median(values);
  bench::row r;
  r.name = name;
  r.unit = unit;
  r.workers = workers;
  r.ours = middle;
  r.spread = middle == 0 ? 0 : bench::median_absolute_deviation(values) / std::abs(middle);
  r.target = target;
  r.met = target == 0 || middle <= target;
  suite.report(r);
}

void users_loop(bench::suite& suite) {
  if (!suite.wants("neighbours/users_loop")) return;
  const int iterations = suite.quick() ? 200'000 : 600'000;
  std::vector<double> idle, busy, off;
  (void)tbb_loop_seconds(iterations);
  for (unsigned round = 0; round < suite.rounds(); ++round) {
    const double alone = tbb_loop_seconds(iterations);
    {
      weir::runtime rt{options(workers)};
      rt.cpu().submit([] {}).get();
      rt.wait_idle();
      idle.push_back(tbb_loop_seconds(iterations) / alone);
    }
    weir::runtime rt{options(workers)};
    const saturated other{rt};
    const double share = alone / tbb_loop_seconds(iterations);
    busy.push_back(share);
    off.push_back(std::abs(share - 0.5));
  }
  row(suite, "neighbours/users_loop/beside_idle_runtime", "x time alone", idle, 1 / 0.95);
  row(suite, "neighbours/users_loop/speed_beside_busy_runtime", "x speed alone", busy, 0);
  row(suite, "neighbours/users_loop/beside_busy_runtime_off_half", "of speed alone", off, 0.10);
}

void two_runtimes(bench::suite& suite) {
  if (!suite.wants("neighbours/two_runtimes")) return;
  const auto length = std::chrono::milliseconds{suite.quick() ? 100 : 500};
  std::vector<double> off, first_ms, all_ms, others_ms;
  for (unsigned round = 0; round < suite.rounds(); ++round) {
    weir::runtime a{options(workers)}, b{options(workers)};
    saturated of_a{a};
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    const auto start = clock::now();
    const saturated of_b{b};
    of_a.note_again();
    while (!(of_a.all_began() && of_b.all_began()) && seconds_since(start) < 5)
      std::this_thread::sleep_for(std::chrono::microseconds{200});
    stop_if(!of_a.all_began(), "the first runtime's workers did not both go on within 5 s");
    stop_if(!of_b.all_began(), "the second runtime's workers did not both start within 5 s");
    first_ms.push_back(of_b.first_ms(start));
    all_ms.push_back(of_b.last_ms(start));
    others_ms.push_back(of_a.first_ms(start));
    const std::uint64_t a0 = of_a.ran(), b0 = of_b.ran();
    std::this_thread::sleep_for(length);
    const auto da = static_cast<double>(of_a.ran() - a0), db = static_cast<double>(of_b.ran() - b0);
    off.push_back(std::abs(da / (da + db) - 0.5));
  }
  row(suite, "neighbours/two_runtimes/second_ones_first_job", "ms", first_ms, 5);
  row(suite, "neighbours/two_runtimes/second_ones_last_worker", "ms", all_ms, 5);
  row(suite, "neighbours/two_runtimes/first_ones_next_job", "ms", others_ms, 5);
  row(suite, "neighbours/two_runtimes/share_off_half", "of the work", off, 0.10);
}

double cpu_seconds() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return s(u.ru_utime) + s(u.ru_stime);
}

// Jobs of 5 us from one outside thread, on a runtime that is started before and ended after.
double cpu_of(unsigned threads, int jobs) {
  weir::runtime rt{options(threads)};
  std::atomic<int> ran{0};
  const double before = cpu_seconds();
  for (int i = 0; i < jobs; ++i)
    rt.cpu().post([&ran] {
      for (int k = 0; k < 5; ++k) work(static_cast<std::uint64_t>(k));
      ++ran;
    });
  rt.wait_idle();
  stop_if(ran != jobs, "jobs were lost");
  return cpu_seconds() - before;
}

void many_workers(bench::suite& suite) {
  if (!suite.wants("neighbours/64_workers")) return;
  const int jobs = suite.quick() ? 40'000 : 200'000;
  std::vector<double> ratio;
  for (unsigned round = 0; round < suite.rounds(); ++round) {
    const double two = cpu_of(2, jobs);
    ratio.push_back(cpu_of(64, jobs) / two);
  }
  row(suite, "neighbours/64_workers/cpu_time", "x of 2 workers", ratio, 1.5);
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  users_loop(suite);
  two_runtimes(suite);
  many_workers(suite);
  return suite.finish();
}
