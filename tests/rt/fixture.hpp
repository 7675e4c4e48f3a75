// tests/rt/fixture.hpp - a runtime that must balance its books at the end of every test (D9).
#pragma once

#include <weir/runtime.hpp>

#include <atomic>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

namespace weir_test {

/// Waits until `done()` holds; a hang is the watchdog's business. Not a sleep: the thread only gives way.
template <class Condition>
void until(Condition&& done) {
  while (!done()) std::this_thread::yield();
}

/// Keeps the processor busy for about `microseconds`; how long exactly decides nothing.
inline void spin(int microseconds) {
  static std::atomic<unsigned> sink{0};
  for (int i = 0; i < microseconds * 100; ++i) sink.fetch_add(1, std::memory_order_relaxed);
}

inline weir::runtime_options with_threads(unsigned n) {
  weir::runtime_options options;
  options.threads = n;
  return options;
}

inline void check_books(const weir::runtime_stats& s) {
  CHECK(s.jobs_attempted == s.jobs_ok + s.jobs_failed + s.jobs_cancelled + s.jobs_rejected);
  CHECK(s.queue_in_use_items == 0);
  CHECK(s.queue_high_water_items <= s.queue_capacity_items);
}

/// Owns a runtime; when it goes, everything has ended and every attempt has exactly one outcome. Main thread only.
class balanced_runtime {
 public:
  explicit balanced_runtime(const weir::runtime_options& options) : rt_{options} {}
  explicit balanced_runtime(unsigned threads) : rt_{with_threads(threads)} {}
  balanced_runtime(const balanced_runtime&) = delete;
  balanced_runtime& operator=(const balanced_runtime&) = delete;
  ~balanced_runtime() {
    rt_.wait_idle();
    check_books(rt_.stats());
  }

  weir::runtime* operator->() noexcept { return &rt_; }
  weir::runtime& operator*() noexcept { return rt_; }
  weir::executor cpu() noexcept { return rt_.cpu(); }
  weir::runtime_stats idle_stats() {
    rt_.wait_idle();
    return rt_.stats();
  }

 private:
  weir::runtime rt_;
};

/// Holds workers still: each held worker sits in a job until release(). For tests that need the queue to fill up.
class held_workers {
 public:
  held_workers(weir::executor on, unsigned n) : n_{n} {
    for (unsigned i = 0; i < n; ++i)
      on.post([this] {
        held_.fetch_add(1);
        open_.wait(false);
        ended_.fetch_add(1);
      });
    until([&] { return held_.load() == n; });
  }
  held_workers(const held_workers&) = delete;
  held_workers& operator=(const held_workers&) = delete;
  ~held_workers() {
    release();
    until([&] { return ended_.load() == n_; });
  }

  void release() {
    open_.store(true);
    open_.notify_all();
  }

 private:
  const unsigned n_;
  std::atomic<unsigned> held_{0}, ended_{0};
  std::atomic<bool> open_{false};
};

}  // namespace weir_test
