#include "sync/credits.hpp"

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/stress.hpp"

using weir::sync::credits;

TEST_CASE("credits: the capacity is exact, from one to the largest [I1]") {
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{2}, std::size_t{31}, std::size_t{32}, std::size_t{33},
                                     std::size_t{1000}, std::size_t{1} << 31}) {
    credits c{capacity};
    CAPTURE(capacity);
    CHECK(c.take_up_to(capacity - 1) == capacity - 1);
    CHECK_FALSE(c.try_take(2));
    CHECK(c.try_take());
    CHECK_FALSE(c.try_take());
    CHECK(c.take_up_to(7) == 0);
    CHECK(c.in_use() == capacity);
    CHECK(c.high_water() == capacity);
    c.give(capacity);
    CHECK(c.in_use() == 0);
    CHECK(c.high_water() == capacity);
  }
}

TEST_CASE("credits: asking for more than the capacity takes nothing, or a part") {
  credits c{4};
  CHECK_FALSE(c.try_take(5));
  CHECK(c.in_use() == 0);
  CHECK(c.take_up_to(std::size_t{1} << 63) == 4);
}

TEST_CASE("credits: closed means no take and no wait, and the rest comes back [I3]") {
  credits c{2};
  REQUIRE(c.try_take(2));
  CHECK(c.close());
  CHECK_FALSE(c.close());
  CHECK_FALSE(c.wait());
  c.give(2);
  CHECK_FALSE(c.try_take());
  CHECK(c.in_use() == 0);
  CHECK(c.closed());
}

TEST_CASE("credits: 16 producers behind a small queue all get through, in turns, and never exceed it [I1 I2]") {
  constexpr std::size_t producers = 16;
  const auto items = static_cast<std::size_t>(weir_test::stress::rounds(4'000));
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{8}, std::size_t{64}}) {
    credits c{capacity};
    std::atomic<std::size_t> queued{0};
    std::array<std::size_t, producers> done{};
    std::vector<std::thread> threads;
    for (std::size_t p = 0; p < producers; ++p)
      threads.emplace_back([&, p] {
        for (; done[p] < items; ++done[p]) {
          while (!c.try_take()) (void)c.wait();
          queued.fetch_add(1);
        }
      });
    std::size_t most = 0;
    for (std::size_t left = producers * items; left > 0;) {
      const std::size_t n = queued.exchange(0);
      most = std::max(most, n);
      if (n == 0)
        std::this_thread::yield();
      else
        c.give(n, true);
      left -= n;
    }
    for (std::thread& t : threads) t.join();
    CAPTURE(capacity);
    CHECK(most <= capacity);
    CHECK(c.high_water() <= capacity);
    CHECK(c.in_use() == 0);
    CHECK(c.waiting() == 0);
    for (const std::size_t n : done) CHECK(n == items);
  }
}

TEST_CASE("credits: close() lets every blocked producer go [I3]") {
  for (int round = 0; round < weir_test::stress::rounds(200); ++round) {
    credits c{1};
    REQUIRE(c.try_take());
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        while (!c.try_take())
          if (!c.wait()) {
            ++refused;
            return;
          }
      });
    if (round % 2 == 0)
      while (c.waiting() != 4) std::this_thread::yield();
    c.close();
    for (std::thread& t : threads) t.join();
    REQUIRE(refused == 4);
  }
}
