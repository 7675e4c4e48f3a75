// use.hpp - the little that consumer and plugin do with weir: 1000 jobs on the workers of a runtime of their own.
#pragma once

#include <atomic>
#include <weir/runtime.hpp>

inline int run_thousand_jobs(unsigned threads = 0) {
  std::atomic<int> jobs = 0;
  weir::runtime rt{weir::runtime_options{.threads = threads}};
  for (int i = 0; i < 1000; ++i) rt.cpu().post([&jobs] { jobs.fetch_add(1, std::memory_order_relaxed); });
  rt.wait_idle();
  return jobs.load();
}
