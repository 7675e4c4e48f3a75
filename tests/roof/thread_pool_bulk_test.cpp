#include <weir/thread_pool.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "roof/fixture.hpp"
#include "support/fake_scheduler.hpp"

#include "support/stderr_reports.hpp"

using namespace weir;
using namespace weir_test;

TEST_CASE("thread_pool: loops, blocks and sequences cover every index once, in balanced blocks") {
  weir_test::expect_stderr_reports();
  thread_pool pool{3};
  std::vector<std::atomic<int>> hits(100);
  pool.submit_loop(0, hits.size(), [&](std::size_t i) { ++hits[i]; }).get();
  pool.detach_loop(0, 100, [&](int i) { ++hits[static_cast<std::size_t>(i)]; }, 7);
  pool.wait();
  for (const auto& h : hits) CHECK(h == 2);

  auto blocks = pool.submit_blocks(-5, 5, [](int begin, int end) { return std::pair{begin, end}; }, 4);
  CHECK(blocks.get() == std::vector<std::pair<int, int>>{{-5, -2}, {-2, 1}, {1, 3}, {3, 5}});
  CHECK(pool.submit_blocks(0, 2, [](int b, int e) { return e - b; }, 100).get() == std::vector{1, 1});
  CHECK(pool.submit_sequence(3, 6, [](int i) { return std::to_string(i); }).get() ==
        std::vector<std::string>{"3", "4", "5"});
  CHECK(pool.submit_loop(5, 5, [](int) {}).empty());
  CHECK(pool.submit_loop(6, 5, [](int) {}).empty());
  CHECK(pool.submit_loop(INT64_MIN, INT64_MAX, [](std::int64_t) { throw 1; }).size() == 3);
  std::atomic<int> sum{0};
  pool.detach_blocks(0u, 10u, [&](unsigned b, unsigned e) { sum += static_cast<int>(e - b); });
  pool.detach_sequence(0, 10, [&](int i) { sum += i; });
  pool.wait();
  CHECK(sum == 55);
}

TEST_CASE("thread_pool: a bulk's first exception is delivered after all of its jobs have ended") {
  weir_test::expect_stderr_reports();
  thread_pool pool{2};
  std::atomic<int> ended{0};
  auto all = pool.submit_blocks(
      0, 8,
      [&](int begin, int) {
        ++ended;
        if (begin % 2 == 1) throw std::out_of_range{std::to_string(begin)};
      },
      8);
  CHECK_THROWS_WITH_AS(all.get(), "1", std::out_of_range);
  CHECK(ended == 8);
  CHECK(all.empty());
}

TEST_CASE("thread_pool: a bulk that finds no room is refused as a whole") {
  thread_pool pool{{.threads = 1, .queue_capacity = 3, .on_full = on_full::reject}};
  pool.pause();
  counted_object::reset();
  CHECK_THROWS_AS((void)pool.submit_sequence(0, 4, [o = counted_object{}](int) {}), queue_full);
  CHECK(counted_object::balanced());
  CHECK(pool.tasks_queued() == 0);
  auto fits = pool.submit_sequence(0, 3, [](int i) { return i; });
  CHECK(fits.ready_count() == 0);
  CHECK_FALSE(fits.wait_for(std::chrono::seconds{0}));
  CHECK(fits.cancel() == 3);
  CHECK(fits.wait_for(std::chrono::seconds{0}));
  CHECK_THROWS_AS(fits.get(), operation_cancelled);
  CHECK(pool.stats().rejected == 4);
  CHECK(balanced(pool.stats()));
}

TEST_CASE("thread_pool: a bulk larger than the queue is fed in parts, under on_full::wait") {
  thread_pool pool{{.threads = 2, .queue_capacity = 2}};
  std::atomic<int> ran{0};
  pool.submit_sequence(0, 500, [&](int) { ++ran; }).get();
  CHECK(ran == 500);
  CHECK(pool.stats().queue_high_water <= 2);
}
