// Waiting helps only itself (D15), and fork-join holds at depths that the deque does not.
#include <weir/detail/fork.hpp>
#include <weir/parallel.hpp>
#include <weir/runtime.hpp>

#include <atomic>
#include <mutex>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"

using namespace weir_test;

namespace {

thread_local bool waiting_here = false;

struct waiting {
  waiting() { waiting_here = true; }
  ~waiting() { waiting_here = false; }
};

int nest(int depth) {
  if (depth == 0) return 0;
  int below = 0;
  auto child = [&] { below = nest(depth - 1); };
  weir::detail::forked f{child};
  f.start();
  f.finish();
  return below + 1;
}

}  // namespace

TEST_CASE("fork: a worker that waits never runs a foreign job, so it may wait under a lock [D15]") {
  for (const unsigned workers : {1U, 2U, 3U}) {
    balanced_runtime rt{workers};
    std::mutex lock;
    std::atomic<int> foreign{0}, ran{0};
    const auto other = [&] {
      if (waiting_here) ++foreign;
      ++ran;
    };
    std::vector<weir::future<void>> jobs;
    for (int i = 0; i < 200; ++i)
      jobs.push_back(rt.cpu().submit([&] {
        for (int k = 0; k < 5; ++k) rt.cpu().post(other);
        auto mine = rt.cpu().submit([] { spin(1); });
        const std::lock_guard held{lock};
        const waiting here;
        weir::parallel_for(rt.cpu(), 0, 64, [&](int) { spin(1); });
        mine.get();
      }));
    for (auto& j : jobs) j.get();
    rt->wait_idle();
    CHECK(foreign == 0);
    CHECK(ran == 1000);
  }
}

TEST_CASE("fork: a leapfrogging worker runs only what descends from what it waits for [D15]") {
  balanced_runtime rt{3};
  std::atomic<int> foreign{0};
  thread_local int tree = 0;
  std::vector<weir::future<void>> trees;
  for (int t = 1; t <= 60; ++t)
    trees.push_back(rt.cpu().submit([&, t] {
      weir::parallel_for(rt.cpu(), 0, 40, [&](int) {
        const int outer = std::exchange(tree, t);
        if (outer != 0 && outer != t) ++foreign;
        weir::parallel_for(rt.cpu(), 0, 20, [&](int) { spin(1); });
        tree = outer;
      });
    }));
  for (auto& f : trees) f.get();
  CHECK(foreign == 0);
}

TEST_CASE("fork: nesting deeper than the deque is run in place") {
  balanced_runtime rt{2};
  CHECK(rt.cpu().submit([] { return nest(5000); }).get() == 5000);
  CHECK(nest(100) == 100);  // outside workers: the serial elision
}

TEST_CASE("fork: one worker gets the results of jobs it has just queued, a thousand deep [D15]") {
  balanced_runtime rt{1};
  std::function<int(int)> down = [&](int depth) -> int {
    return depth == 0 ? 0 : 1 + rt.cpu().submit([&down, depth] { return down(depth - 1); }).get();
  };
  CHECK(rt.cpu().submit([&] { return down(1000); }).get() == 1000);
}
