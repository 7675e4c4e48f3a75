// idle_bench.cpp - what a runtime with nothing to do costs, and how soon it does nothing.
//
//   idle/cpu          ms of processor time of the whole process in 5 s after the last job, all threads asleep
//   idle/asleep       us from the end of the last job until our own threads (the anchor, the reactor) sleep, p50 and
//   p99.
//                     TBB's threads sleep by TBB's rules; idle/cpu has them.
//   .../spin_1ms      the same with workers that look for work for 1 ms before they sleep
// A runtime with no work at all costs nothing more the longer it waits: 5 s or 1 s (--quick) differ by the end of the
// last job only.
#include <weir/runtime.hpp>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
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

// ms per 5 s of a process that does nothing after `use` has run some work.
double idle_cpu(const bench::suite& suite, const std::function<void()>& use) {
  use();
  const double seconds = suite.quick() ? 1 : 5;
  const double before = cpu_ms();
  std::this_thread::sleep_for(std::chrono::duration<double>{seconds});
  return (cpu_ms() - before) * 5 / seconds;
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
  std::vector<double> us;
  for (unsigned i = 0; i < (suite.quick() ? 100U : 1000U); ++i) {
    clock::time_point end;
    rt.cpu().submit([&end] { end = clock::now(); }).get();
    while (!std::all_of(ours.begin(), ours.end(), asleep))
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

void cpu_row(bench::suite& suite, const std::string& name, double target, const std::function<void()>& use) {
  if (!suite.runs(name)) return suite.report({.name = name});
  const double ms = std::max(idle_cpu(suite, use), 0.001);
  suite.report({.name = name, .unit = "ms/5s", .workers = workers, .ours = ms, .target = target});
}

void thousand_jobs(weir::runtime& rt) {
  for (int i = 0; i < 1000; ++i) rt.cpu().post([] {});
  rt.wait_idle();
}

}  // namespace

int main(int argc, char** argv) {
  bench::suite suite{argc, argv};
  {
    weir::runtime rt{weir::runtime_options{.threads = workers, .thread_name = "calm"}};
    cpu_row(suite, "idle/cpu", 1.0, [&] { thousand_jobs(rt); });
    sleep_rows(suite, "idle/asleep", rt, "calm", 1000);
  }
  {
    weir::runtime rt{
        weir::runtime_options{.threads = workers, .thread_name = "keen", .spin = std::chrono::milliseconds{1}}};
    cpu_row(suite, "idle/cpu/spin_1ms", 0, [&] { thousand_jobs(rt); });
    sleep_rows(suite, "idle/asleep/spin_1ms", rt, "keen", 0);
  }
  {
    bench::tbb_pool tbb{workers};
    cpu_row(suite, "idle/cpu/tbb_arena_alone", 0, [&] {
      for (int i = 0; i < 1000; ++i) tbb.arena.enqueue([] {});
    });
  }
  {
    bench::mutex_pool<std::function<void()>> pool{workers};
    cpu_row(suite, "idle/cpu/mutex_pool_alone", 0, [&] {
      for (int i = 0; i < 1000; ++i) pool.post([] {});
    });
  }
  return suite.finish();
}
