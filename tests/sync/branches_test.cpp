#include <weir/detail/branches.hpp>

#include <array>
#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/stress.hpp"

namespace {

struct group {
  explicit group(std::uint32_t n) : count{n}, left{n} {}
  const std::uint32_t count;
  std::uint16_t next = 0;
  std::atomic<std::uint32_t> left;
  std::array<int, 16> results{};  // plain: the count down must publish them
};

/// Of a worker of a runtime in which nobody sleeps.
struct seat : weir::detail::seat_for<group, 4> {
  seat() : all_awake{1} { activity = &all_awake, workers = 1; }
  const std::atomic<std::uint64_t> all_awake;
};
using run = weir::detail::branch_run<group, seat>;

// True: this run has ended the last child.
bool run_all(run& r, group& g) {
  do {
    const std::uint32_t i = r.child();
    if (!r.is_last()) r.show();
    ++g.results[i];
  } while (r.again(!r.is_last()));
  return r.ended_all() || r.others_ended() || r.finish();
}

}  // namespace

TEST_CASE("branches: a run that nobody steals from ends all children itself and touches no counter [B1]") {
  for (const std::uint32_t n : {1U, 2U, 16U}) {
    group g{n};
    seat mine;
    run r{g, &mine, 0};
    CHECK(run_all(r, g));
    CHECK(r.ended_all());
    CHECK(g.left.load() == n);
    for (std::uint32_t i = 0; i < n; ++i) CHECK(g.results[i] == 1);
    CHECK(mine.looks_empty());
  }
}

TEST_CASE("branches: a child that suspends leaves the rest to others, and its own end counts last [B2]") {
  group g{3};
  seat mine;
  run r{g, &mine, 0};
  r.show();
  CHECK(r.leave());  // child 0 suspends; 1 and 2 are the caller's to queue
  run rest{g, nullptr, g.next};
  do {
    if (!rest.is_last()) rest.show();
    ++g.results[rest.child()];
  } while (rest.again(!rest.is_last()));
  CHECK_FALSE(rest.finish());
  CHECK(weir::detail::count_down(g, 1));
}

TEST_CASE("branches: thieves that steal from each other run each child once, and one sees all results [B1 B2]") {
  constexpr std::uint32_t children = 16;
  constexpr std::size_t thieves = 2;
  seat owner;
  std::array<seat, thieves> theirs;
  std::atomic<group*> ended{nullptr};
  std::atomic<bool> over{false};
  const auto end = [&](group& g) { ended.store(&g, std::memory_order_release); };
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < thieves; ++t)
    threads.emplace_back([&, t] {
      for (; !over; std::this_thread::yield()) {
        group* g = owner.steal();
        if (g == nullptr) g = theirs[1 - t].steal();
        if (g == nullptr) continue;
        run r{*g, &theirs[t], g->next};
        do {
          const std::uint32_t i = r.child();
          if (!r.is_last()) r.show();
          ++g->results[i];
        } while (r.again(!r.is_last()));
        if (!r.finish()) continue;  // the group may be gone
        for (const int n : g->results)
          if (n != 1) std::abort();
        end(*g);
      }
    });
  const int rounds = weir_test::stress::rounds(5'000);
  for (int i = 0; i < rounds; ++i) {
    group g{children};
    run r{g, &owner, 0};
    const bool last = run_all(r, g);
    if (!last)
      while (ended.exchange(nullptr, std::memory_order_acquire) != &g) std::this_thread::yield();
    else
      for (const int n : g.results) REQUIRE(n == 1);
  }
  over = true;
  for (std::thread& t : threads) t.join();
}
