// What the accounting identities print after a drain, a discard and a deadline shutdown under load - and that a runtime
// which loses one job of a thousand cannot hide it.
//
//   accounting            three shutdowns under load; exit 0 if every line balances
//   accounting --lossy    the same program linked with a worker that drops one job (worker.drops_one_job.txt): exit 0
//                         if the books show exactly one job missing
#include <weir/weir.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

bool print(const char* when, const weir::runtime_stats& s) {
  const bool ok = s.jobs_balance() && s.queue_in_use_items == 0 &&
                  s.tasks_started == s.tasks_ok + s.tasks_failed + s.tasks_cancelled &&
                  s.io_submitted == s.io_completed + s.io_cancelled;
  std::printf(
      "%-9s jobs %8llu = %llu ok + %llu failed + %llu cancelled + %llu rejected | tasks %llu = %llu + %llu + %llu | "
      "io %llu = %llu + %llu | queue %zu of %zu in use | %s\n",
      when, static_cast<unsigned long long>(s.jobs_attempted), static_cast<unsigned long long>(s.jobs_ok),
      static_cast<unsigned long long>(s.jobs_failed), static_cast<unsigned long long>(s.jobs_cancelled),
      static_cast<unsigned long long>(s.jobs_rejected), static_cast<unsigned long long>(s.tasks_started),
      static_cast<unsigned long long>(s.tasks_ok), static_cast<unsigned long long>(s.tasks_failed),
      static_cast<unsigned long long>(s.tasks_cancelled), static_cast<unsigned long long>(s.io_submitted),
      static_cast<unsigned long long>(s.io_completed), static_cast<unsigned long long>(s.io_cancelled),
      s.queue_in_use_items, s.queue_capacity_items, ok ? "balanced" : "NOT BALANCED");
  return ok;
}

weir::task<void> sleeper() { co_await weir::sleep_for(1h); }

bool under_load(const char* when, weir::shutdown_mode mode, std::chrono::nanoseconds deadline) {
  weir::runtime rt{{.queue_capacity = 1024, .on_report = [](const weir::report&) {}}};
  std::vector<weir::future<void>> tasks;
  for (int i = 0; i < 10; ++i)
    if (deadline != std::chrono::nanoseconds::max()) tasks.push_back(weir::spawn(rt, sleeper()));
  std::atomic<long> accepted{0};
  std::vector<std::jthread> producers;
  for (int p = 0; p < 4; ++p)
    producers.emplace_back([&] {
      try {
        for (;; ++accepted)
          rt.cpu().post([] {
            if (std::rand() % 1000 == 0) throw std::runtime_error{"on purpose"};
          });
      } catch (const weir::runtime_closed&) {
      }
    });
  while (accepted < 20'000) std::this_thread::yield();
  const weir::shutdown_report r = rt.shutdown(mode, deadline);
  producers.clear();
  std::printf("%-9s %s; finished %llu, cancelled %llu jobs and %llu tasks\n", when, r.in_time ? "in time" : "too late",
              static_cast<unsigned long long>(r.finished), static_cast<unsigned long long>(r.cancelled),
              static_cast<unsigned long long>(r.tasks_cancelled));
  return print(when, rt.stats());
}

// The lost job is still owed when everything else has ended. The runtime cannot be destroyed: it waits for that job.
int lossy() {
  auto& rt = *new weir::runtime{};
  for (int i = 0; i < 1000; ++i) rt.cpu().post([] {});
  while (rt.stats().jobs_ok < 999) std::this_thread::yield();
  const bool idle = rt.wait_idle_for(100ms);
  const weir::runtime_stats s = rt.stats();
  const bool noticed = !print("lossy", s) && !idle && s.jobs_attempted == s.jobs_ok + 1;
  std::fflush(stdout);
  std::_Exit(noticed ? 0 : 1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--lossy") == 0) return lossy();
  bool ok = under_load("drain", weir::shutdown_mode::drain, std::chrono::nanoseconds::max());
  ok = under_load("discard", weir::shutdown_mode::discard, std::chrono::nanoseconds::max()) && ok;
  ok = under_load("deadline", weir::shutdown_mode::drain, 50ms) && ok;
  return ok ? 0 : 1;
}
