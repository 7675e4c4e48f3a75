// Threads: one of ours, the others TBB's, whatever the rest of the process does with TBB.
#include <weir/parallel.hpp>
#include <weir/runtime.hpp>

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "support/stress.hpp"

using namespace weir_test;

TEST_CASE("arena: progress does not depend on TBB giving a thread [D1]") {
  // Every thread that TBB may have sits in somebody else's arena.
  tbb::task_arena theirs{8, 0};
  std::atomic<bool> open{false};
  std::atomic<int> inside{0}, left{0};
  for (int i = 0; i < 8; ++i)
    theirs.enqueue([&] {
      ++inside;
      until([&] { return open.load(); });
      ++left;
    });
  until([&] { return inside >= 1; });
  {
    balanced_runtime rt{2};
    for (int round = 0; round < 100; ++round) {
      std::atomic<bool> second_posted{false};
      std::atomic<int> ran{0};
      rt.cpu().post([&] {  // keeps the anchor busy, so that the next post invites a pump which cannot come
        until([&] { return second_posted.load(); });
        ++ran;
      });
      rt.cpu().post([&] { ++ran; });
      second_posted = true;
      until([&] { return ran == 2; });
      rt->wait_idle();  // the anchor sleeps now
      rt.cpu().submit([] {}).get();
    }
  }
  open = true;
  until([&] { return left == 8; });
}

TEST_CASE("arena: a job's own tbb::parallel_for runs no foreign jobs under its feet, and nothing is lost") {
  balanced_runtime rt{2};
  std::atomic<int> foreign{0}, ran{0};
  constexpr int loops = 300;
  auto outer = rt.cpu().submit([&] {
    thread_local bool in_loop = false;
    for (int i = 0; i < loops; ++i) {
      rt.cpu().post([&] {
        if (in_loop) ++foreign;
        ++ran;
      });
      in_loop = true;
      tbb::parallel_for(0, 16, [](int) { spin(2); });
      in_loop = false;
    }
  });
  for (int i = 0; i < 5000; ++i) rt.cpu().post([&] { ++ran; });
  outer.get();
  rt->wait_idle();
  CHECK(foreign == 0);
  CHECK(ran == loops + 5000);
  for (int i = 0; i < 100; ++i) rt.cpu().submit([] {}).get();  // and the next idle period wakes as well
}

TEST_CASE("arena: start and stop hooks come in pairs for each worker index, on that worker's thread") {
  std::array<std::atomic<int>, 3> serving{};
  std::atomic<int> starts{0}, stops{0}, wrong{0};
  weir::runtime_options options = with_threads(3);
  options.on_thread_start = [&](unsigned i) {
    ++starts;
    if (serving.at(i).fetch_add(1) != 0 || weir::this_worker::index() != i) ++wrong;
  };
  options.on_thread_stop = [&](unsigned i) {
    ++stops;
    if (serving.at(i).fetch_sub(1) != 1 || weir::this_worker::index() != i) ++wrong;
  };
  {
    balanced_runtime rt{options};
    for (int round = 0; round < 300; ++round) {
      std::latch all{50};
      for (int i = 0; i < 50; ++i)
        rt.cpu().post([&] {
          spin(5);
          all.count_down();
        });
      all.wait();
    }
  }
  CHECK(wrong == 0);
  CHECK(starts == stops);
  CHECK(starts > 0);
}

TEST_CASE("arena: a hook that throws is reported and changes nothing else") {
  std::atomic<int> reports{0};
  weir::runtime_options options = with_threads(1);
  options.on_thread_start = [](unsigned) { throw std::runtime_error{"hook"}; };
  options.on_report = [&](const weir::report&) { ++reports; };
  balanced_runtime rt{options};
  CHECK(rt.cpu().submit([] { return 1; }).get() == 1);
  CHECK(reports > 0);
}

TEST_CASE("arena: a thousand runtimes, one after the other, idle and used") {
  const int rounds = stress::rounds(1000);
  for (int i = 0; i < rounds; ++i) {
    std::atomic<int> ran{0};
    weir::runtime rt{with_threads(1 + static_cast<unsigned>(i) % 3)};
    const int n = i % 4 * 8;
    for (int j = 0; j < n; ++j) rt.cpu().post([&] { ++ran; });
    if (i % 2 == 0) continue;
    rt.wait_idle();
    REQUIRE(ran == n);
    REQUIRE(rt.stats().jobs_balance());
  }
}

TEST_CASE("arena: eight runtimes at once each do their own work") {
  std::vector<std::unique_ptr<balanced_runtime>> all;
  for (int i = 0; i < 8; ++i) all.push_back(std::make_unique<balanced_runtime>(2U));
  std::atomic<int> ran{0};
  std::atomic<bool> mixed{false};
  for (int round = 0; round < 200; ++round)
    for (auto& rt : all)
      rt->cpu().post([&, mine = rt.get()] {
        for (auto& other : all)
          if (other->cpu().is_worker_here() != (other.get() == mine)) mixed = true;
        ++ran;
      });
  for (auto& rt : all) (*rt)->wait_idle();
  CHECK(ran == 1600);
  CHECK_FALSE(mixed);
}

TEST_CASE("arena: two runtimes whose jobs use each other") {
  balanced_runtime a{2}, b{2};
  std::atomic<int> ran{0};
  std::vector<weir::future<int>> results;
  for (int i = 0; i < 500; ++i)
    results.push_back(a.cpu().submit([&, i] {
      b.cpu().post([&] { ++ran; });
      weir::parallel_for(b.cpu(), 0, 10, [&](int) { ++ran; });
      return i;
    }));
  for (int i = 0; i < 500; ++i) CHECK(results[static_cast<std::size_t>(i)].get() == i);
  b->wait_idle();
  CHECK(ran == 500 * 11);
}

TEST_CASE("arena: a job that waits for another runtime's job leaves both balanced") {
  balanced_runtime a{1}, b{1};
  for (int i = 0; i < 500; ++i)
    CHECK(a.cpu().submit([&] { return b.cpu().submit([] { return 5; }).get(); }).get() == 5);
  CHECK(a.idle_stats().jobs_ok == 500);
  CHECK(b.idle_stats().jobs_ok == 500);
}

TEST_CASE("arena: a runtime lives and dies inside a job of another") {
  balanced_runtime outer{2};
  for (int i = 0; i < 20; ++i)
    CHECK(outer.cpu()
              .submit([] {
                weir::runtime inner{with_threads(2)};
                std::atomic<int> ran{0};
                for (int j = 0; j < 50; ++j) inner.cpu().post([&] { ++ran; });
                inner.wait_idle();
                return ran.load();
              })
              .get() == 50);
}
