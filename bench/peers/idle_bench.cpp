// idle_bench.cpp - what a runtime with nothing to do costs, and how soon it does nothing.
//
//   idle/cpu          ms of processor time of the whole process in 5 s after the last job, all threads asleep
//   idle/asleep       us from the end of the last job until our own threads (the anchor, the reactor) sleep, p50 and
//   p99.
//                     TBB's threads sleep by TBB's rules; idle/cpu has them.
//   .../spin_1ms      the same with workers that look for work for 1 ms before they sleep
// A runtime with no work at all costs nothing more the longer it waits: 5 s or 1 s (--quick) differ by the end of the
// last job only. Checked: the work before the silence was done, all of it; our threads sleep after it; every job whose
// end is timed has run.
#include <weir/runtime.hpp>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "peers/mutex_pool.hpp"
#include "peers/tbb_pool.hpp"
#include "support/paired.hpp"

namespace {

constexpr unsigned workers = 2;
using clock = std::chrono::steady_clock;

double cpu_ms() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) * 1e-3;
  };
  return ms(u.ru_utime) + ms(u.ru_stime);
}

void stop_if(bool wrong, const char* what) {
  if (!wrong) return;
  std::fprintf(stderr, "idle_bench: %s\n", what);
  std::abort();
}

constexpr unsigned jobs = 1000;

// ms per 5 s of a process that does nothing after `use` has begun some work: that many jobs, each of which counts.
double idle_cpu(const bench::suite& suite, const std::function<void(std::atomic<unsigned>&)>& use) {
  std::atomic<unsigned> ran{0};
  use(ran);
  while (ran.load() < jobs) std::this_thread::sleep_for(std::chrono::microseconds{100});
  const double seconds = suite.quick() ? 1 : 5;
  const double before = cpu_ms();
  std::this_thread::sleep_for(std::chrono::duration<double>{seconds});
  const double used = cpu_ms() - before;
  stop_if(ran.load() != jobs, "more jobs have run than there were");
  return used * 5 / seconds;
}

// The tasks of /proc whose names begin so.
std::vector<std::string> threads_named(const std::string& prefix) {
  std::vector<std::string> found;
  DIR* const tasks = opendir("/proc/self/task");
  if (tasks == nullptr) return found;
  while (const dirent* const task = readdir(tasks)) {
    const std::string path = std::string{"/proc/self/task/"} + task->d_name;
    std::string comm;
    if (std::getline(std::ifstream{path + "/comm"}, comm) && comm.starts_with(prefix)) found.push_back(path + "/stat");
  }
  closedir(tasks);
  return found;
}

bool asleep(const std::string& stat) {
  std::string text;
  std::getline(std::ifstream{stat}, text);
  const std::size_t state = text.rfind(')') + 2;
  return state < text.size() && text[state] == 'S';
}

void sleep_rows(bench::suite& suite, const std::string& name, weir::runtime& rt, const std::string& thread_name,
                double target) {
  if (!suite.runs(name)) return suite.report({.name = name});
  const std::vector<std::string> ours = threads_named(thread_name);
  if (ours.size() < 2) {
    std::fprintf(stderr, "idle_bench: %zu threads called %s\n", ours.size(), thread_name.c_str());
    std::abort();
  }
  const auto all_asleep = [&ours] { return std::all_of(ours.begin(), ours.end(), asleep); };
  for (int looks = 0; !all_asleep(); ++looks) {
    stop_if(looks == 10'000, "a thread of ours is awake although there is nothing to do");
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
  std::vector<double> us;
  for (unsigned i = 0; i < (suite.quick() ? 100U : 1000U); ++i) {
    clock::time_point end{};
    rt.cpu().submit([&end] { end = clock::now(); }).get();
    stop_if(end == clock::time_point{}, "a job has not run");
    while (!all_asleep())
      std::this_thread::sleep_for(std::chrono::microseconds{20});  // a busy look would keep them from a processor
    us.push_back(std::chrono::duration<double, std::micro>(clock::now() - end).count());
  }
  std::sort(us.begin(), us.end());
  bench::row r{.name = name, .unit = "us p50", .workers = workers, .ours = us[us.size() / 2]};
  r.spread = bench::median_absolute_deviation(us) / r.ours;
  suite.report(r);
  suite.report({.name = name + "/p99",
                .unit = "us p99",
                .workers = workers,
                .ours = us[us.size() * 99 / 100],
                .target = target});
}

void cpu_row(bench::suite& suite, const std::string& name, double target,
             const std::function<void(std::atomic<unsigned>&)>& use) {
  if (!suite.runs(name)) return suite.report({.name = name});
  const double ms = std::max(idle_cpu(suite, use), 0.001);
  suite.report({.name = name, .unit = "ms/5s", .workers = workers, .ours = ms, .target = target});
}

void thousand_jobs(weir::runtime& rt, std::atomic<unsigned>& ran) {
  for (unsigned i = 0; i < jobs; ++i) rt.cpu().post([&ran] { ++ran; });
  rt.wait_idle();
  stop_if(ran.load() != jobs, "jobs are missing although the runtime is idle");
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  {
    weir::runtime rt{weir::runtime_options{.threads = workers, .thread_name = "calm"}};
    cpu_row(suite, "idle/cpu", 1.0, [&](auto& ran) { thousand_jobs(rt, ran); });
    sleep_rows(suite, "idle/asleep", rt, "calm", 1000);
  }
  {
    weir::runtime rt{
        weir::runtime_options{.threads = workers, .thread_name = "keen", .spin = std::chrono::milliseconds{1}}};
    cpu_row(suite, "idle/cpu/spin_1ms", 0, [&](auto& ran) { thousand_jobs(rt, ran); });
    sleep_rows(suite, "idle/asleep/spin_1ms", rt, "keen", 0);
  }
  {
    bench::tbb_pool tbb{workers};
    cpu_row(suite, "idle/cpu/tbb_arena_alone", 0, [&](auto& ran) {
      for (unsigned i = 0; i < jobs; ++i) tbb.arena.enqueue([&ran] { ++ran; });
    });
  }
  {
    bench::mutex_pool<std::function<void()>> pool{workers};
    cpu_row(suite, "idle/cpu/mutex_pool_alone", 0, [&](auto& ran) {
      for (unsigned i = 0; i < jobs; ++i) pool.post([&ran] { ++ran; });
    });
  }
  return suite.finish();
}
