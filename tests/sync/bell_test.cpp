#include "sync/bell.hpp"

#include <array>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/stress.hpp"
#include "sync/tally.hpp"

using weir::sync::bell;
using weir::sync::tally;
constexpr auto no_limit = std::chrono::steady_clock::time_point::max();

TEST_CASE("bell: a true condition is not waited for, a deadline ends the wait") {
  bell b;
  CHECK(b.wait(no_limit, [] { return true; }));
  CHECK_FALSE(b.wait(std::chrono::steady_clock::now(), [] { return false; }));
  CHECK(b.wait(std::chrono::steady_clock::time_point::min(), [] { return true; }));
}

TEST_CASE("bell: the last of several ends wakes the waiter, also when they end together [I1]") {
  for (int round = 0; round < weir_test::stress::rounds(3'000); ++round) {
    constexpr std::uint64_t threads = 3;
    std::array<tally, threads> ended;
    bell b;
    const auto all_ended = [&] {
      std::uint64_t sum = 0;
      for (const tally& t : ended) sum += t.read();
      return sum == threads;
    };
    std::vector<std::thread> workers;
    for (tally& t : ended)
      workers.emplace_back([&] {
        t.add();
        b.ring_if(all_ended);
      });
    REQUIRE(b.wait(no_limit, all_ended));
    for (std::thread& t : workers) t.join();
  }
}
