// What the workers promise: nothing hides, nothing starves, and a quiet point is noticed by whoever waits for it.
#include <weir/detail/scheduler.hpp>
#include <weir/detail/thread_context.hpp>
#include <weir/parallel.hpp>
#include <weir/promise.hpp>
#include <weir/runtime.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "support/stress.hpp"

using namespace weir_test;
using weir::priority;

TEST_CASE("engine: what a worker has submitted is not hidden behind the long leaf it runs next [D2]") {
  balanced_runtime rt{2};
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> ran{0};
    rt.cpu()
        .submit([&] {
          for (int i = 0; i < 64; ++i) rt.cpu().post([&] { ++ran; });
          until([&] { return ran == 64; });  // the leaf: it never looks at its deque
        })
        .get();
    CHECK(ran == 64);
  }
}

TEST_CASE("engine: an inbox chain, the chunk a worker has taken, and a bulk's rest are not hidden either [D2]") {
  balanced_runtime rt{2};
  std::atomic<int> ran{0};
  std::vector<weir::future<void>> leaves;
  {
    const held_workers held{rt.cpu(), 2};
    for (int i = 0; i < 64; ++i) rt.cpu().post([&] { ++ran; });
    leaves.push_back(rt.cpu().submit([&] { until([&] { return ran == 128; }); }));
    for (int i = 0; i < 64; ++i) rt.cpu().post([&] { ++ran; });
  }
  for (auto& l : leaves) l.get();
  std::atomic<int> items{0};
  rt.cpu()
      .submit_bulk(1000,
                   [&](std::size_t i) {
                     if (i == 0) until([&] { return items == 999; });
                     ++items;
                   })
      .get();
  CHECK(items == 1000);
  items = 0;
  weir::parallel_for(rt.cpu(), 0, 1000, [&](int i) {
    if (i == 0) until([&] { return items == 999; });
    ++items;
  });
  CHECK(items == 1000);
}

TEST_CASE("engine: a job that resubmits itself starves nobody: outside posts, older local jobs, every priority") {
  for (const priority own : {priority::normal, priority::high, priority::low}) {
    std::atomic<bool> stop{false};
    std::atomic<int> older{0};
    std::function<void()> again;
    balanced_runtime rt{1};
    again = [&] {
      if (!stop) rt.cpu().post({.priority = own}, [&] { again(); });
    };
    rt.cpu()
        .submit([&] {
          rt.cpu().post({.priority = priority::normal}, [&] { ++older; });
          rt.cpu().post({.priority = own}, [&] { again(); });
        })
        .get();
    for (const priority p : {priority::high, priority::normal, priority::low})
      rt.cpu().submit({.priority = p}, [] {}).get();
    until([&] { return older == 1; });
    stop = true;
  }
}

TEST_CASE("engine: a flood of high jobs starves neither normal nor low ones, a flood of any starves no high one") {
  for (const priority flood : {priority::high, priority::normal, priority::low}) {
    balanced_runtime rt{2};
    std::atomic<bool> stop{false};
    std::vector<std::thread> producers;
    for (int p = 0; p < 2; ++p)
      producers.emplace_back([&] {
        while (!stop) rt.cpu().post({.priority = flood}, [] {});
      });
    for (const priority p : {priority::low, priority::normal, priority::high})
      for (int i = 0; i < 10; ++i) rt.cpu().submit({.priority = p}, [] {}).get();
    stop = true;
    for (auto& t : producers) t.join();
  }
}

TEST_CASE("engine: a high job overtakes everything queued before it; children inherit the priority") {
  balanced_runtime rt{1};
  std::vector<int> order;
  {
    const held_workers held{rt.cpu(), 1};
    for (int i = 0; i < 40; ++i) rt.cpu().post([&] { order.push_back(1); });
    rt.cpu().post({.priority = priority::low}, [&] { order.push_back(2); });
    rt.cpu().post({.priority = priority::high}, [&] {
      order.push_back(0);
      rt.cpu().post([&] { order.push_back(0); });
    });
  }
  rt->wait_idle();
  REQUIRE(order.size() == 43);
  // out-of-turn looks may let one other job in between
  CHECK(std::count(order.begin(), order.begin() + 3, 0) == 2);
}

TEST_CASE("engine: wait_idle notices the end when two workers end the last two jobs at the same time") {
  balanced_runtime rt{2};
  std::atomic<int> ran{0};
  const int rounds = stress::rounds(20'000);
  for (int i = 0; i < rounds; ++i) {
    rt.cpu().post([&] {
      rt.cpu().post([&] { ++ran; });
      ++ran;
    });
    rt->wait_idle();
    REQUIRE(ran == 2 * (i + 1));
  }
}

TEST_CASE("engine: a long chain of resumed jobs is run once, in one pass") {
  balanced_runtime rt{2};
  struct counted : weir::detail::job {
    explicit counted(std::atomic<int>& n) noexcept : job{&act_on}, ran{n} {}
    static weir::detail::outcome act_on(job* j, weir::detail::action) noexcept {
      static_cast<counted*>(j)->ran.fetch_add(1);
      return weir::detail::outcome::internal;
    }
    std::atomic<int>& ran;
  };
  const int n = stress::rounds(400'000);
  std::atomic<int> ran{0};
  std::vector<std::unique_ptr<counted>> jobs;
  for (int i = 0; i < n; ++i) jobs.push_back(std::make_unique<counted>(ran));
  {
    const held_workers held{rt.cpu(), 2};
    for (auto& j : jobs) rt->scheduler().resume(*j, weir::detail::home::cpu);
  }
  until([&] { return ran == n; });
}

TEST_CASE("engine: one job at a time from idle is never lost") {
  for (const unsigned workers : {1U, 2U, 4U}) {
    balanced_runtime rt{workers};
    const int rounds = stress::rounds(15'000);
    std::atomic<int> ran{0};
    for (int i = 0; i < rounds; ++i) {
      rt.cpu().post([&] { ++ran; });
      until([&] { return ran == i + 1; });
    }
  }
}

TEST_CASE("engine: a thread that had to wake a worker knows it until it next waits for a result") {
  balanced_runtime rt{2};
  const bool& woke = weir::detail::this_thread_context().woke_a_worker;
  until([&] {
    rt.cpu().post([] {});
    return woke;
  });
  weir::promise<int> never_kept;
  CHECK(!never_kept.get_future().wait_for(std::chrono::nanoseconds{0}));
  CHECK(!woke);
}

TEST_CASE("engine: 64 workers on few processors do the work of jobs, forks and bulks") {
  balanced_runtime rt{64};
  std::atomic<int> ran{0};
  for (int i = 0; i < 20'000; ++i) rt.cpu().post([&] { ++ran; });
  rt.cpu().submit_bulk(20'000, [&](std::size_t) { ++ran; }).get();
  weir::parallel_for(rt.cpu(), 0, 20'000, [&](int) { ++ran; });
  rt->wait_idle();
  CHECK(ran == 60'000);
  CHECK(rt->stats().workers == 64);
  CHECK(rt->stats().workers_granted <= 64);
}

TEST_CASE("engine: jobs that submit jobs while others go idle end with the books balanced") {
  balanced_runtime rt{3};
  std::atomic<int> leaves{0};
  std::function<void(int)> grow = [&](int depth) {
    if (depth == 0) return void(++leaves);
    for (int i = 0; i < 2; ++i) rt.cpu().post([&grow, depth] { grow(depth - 1); });
  };
  for (int round = 0; round < 5; ++round) {
    rt.cpu().post([&] { grow(12); });
    rt->wait_idle();
    CHECK(leaves == (round + 1) * 4096);
  }
}

TEST_CASE("engine: discard cancels what is queued, waits for what runs, and counts both") {
  weir::runtime rt{with_threads(2)};
  std::atomic<int> ran{0}, held{0};
  std::atomic<bool> open{false};
  for (int i = 0; i < 2; ++i)
    rt.cpu().post([&] {
      ++held;
      until([&] { return open.load(); });
      ++ran;
    });
  until([&] { return held == 2; });
  for (int i = 0; i < 1000; ++i) rt.cpu().post([&] { ++ran; });
  std::thread closer{[&] { rt.shutdown(weir::shutdown_mode::discard); }};
  until([&] { return !rt.cpu().try_post([&] { ++ran; }); });
  open = true;
  closer.join();
  const auto s = rt.stats();
  CHECK(ran == static_cast<int>(s.jobs_ok));
  CHECK(s.jobs_ok + s.jobs_cancelled == 1002 + (s.jobs_attempted - s.jobs_rejected - 1002));
  CHECK(s.jobs_balance());
  CHECK(s.queue_in_use_items == 0);
}
