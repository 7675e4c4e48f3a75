// A strand's jobs never overlap, keep their order, and are bounded and accounted like all others.
#include <weir/runtime.hpp>
#include <weir/strand.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "support/stress.hpp"

using namespace weir_test;

TEST_CASE("strand: one at a time, and each producer's jobs in its order") {
  balanced_runtime rt{4};
  weir::strand one{rt.cpu()};
  constexpr int each = 2000;
  std::atomic<int> inside{0}, wrong{0};
  std::vector<int> last(4, -1);
  std::vector<std::thread> producers;
  for (std::size_t p = 0; p < 4; ++p)
    producers.emplace_back([&, p] {
      for (int i = 0; i < each; ++i)
        one.get().post([&, p, i] {
          if (inside.fetch_add(1) != 0 || last[p] != i - 1 || !one.is_running_here()) ++wrong;
          last[p] = i;
          inside.fetch_sub(1);
        });
    });
  for (auto& t : producers) t.join();
  rt->wait_idle();
  CHECK(wrong == 0);
  CHECK(last == std::vector<int>(4, each - 1));
  CHECK(rt->stats().jobs_ok == 4 * each);
  CHECK(one.size() == 0);
}

TEST_CASE("strand: starting and stopping again and again loses no job") {
  balanced_runtime rt{2};
  weir::strand one{rt.cpu()};
  std::atomic<int> ran{0};
  const int rounds = stress::rounds(20'000);
  stress::race(
      rounds, [](int) {}, [&](int i) { until([&] { return ran == 2 * (i + 1); }); },
      [&](int) { one.get().post([&] { ++ran; }); }, [&](int) { one.get().post([&] { ++ran; }); });
  CHECK(ran == 2 * rounds);
}

TEST_CASE("strand: its own capacity is strict; without wait it refuses") {
  balanced_runtime rt{2};
  weir::strand one{rt.cpu(), {.capacity = 3, .wait = false}};
  std::atomic<bool> open{false};
  std::atomic<int> ran{0};
  one.get().post([&] { until([&] { return open.load(); }); });
  one.get().post([&] { ++ran; });
  one.get().post([&] { ++ran; });
  CHECK_THROWS_AS(one.get().post([&] { ++ran; }), weir::queue_full);
  CHECK_FALSE(one.get().try_post([&] { ++ran; }));
  open = true;
  rt->wait_idle();
  CHECK(ran == 2);
  CHECK(rt->stats().jobs_rejected == 2);
}

TEST_CASE("strand: gone with jobs still queued, they run") {
  balanced_runtime rt{2};
  for (int i = 0; i < 200; ++i) {
    std::atomic<int> ran{0};
    auto one = std::make_unique<weir::strand>(rt.cpu());
    for (int j = 0; j < 10; ++j) one->get().post([&] { ++ran; });
    one.reset();
    rt->wait_idle();
    REQUIRE(ran == 10);
  }
}

TEST_CASE("strand: a bulk on it runs in order, a busy one shares its worker") {
  balanced_runtime rt{1};
  weir::strand one{rt.cpu()};
  std::vector<std::size_t> order;
  one.get().submit_bulk(5000, [&](std::size_t i) { order.push_back(i); }).get();
  CHECK(order.size() == 5000);
  CHECK(std::is_sorted(order.begin(), order.end()));
  std::atomic<bool> stop{false};
  std::function<void()> again = [&] {
    if (!stop) one.get().post([&] { again(); });
  };
  one.get().post([&] { again(); });
  rt.cpu().submit([] {}).get();
  stop = true;
  rt->wait_idle();
}

TEST_CASE("strand: a worker that waits for a strand's job does not run it out of turn") {
  balanced_runtime rt{2};
  weir::strand one{rt.cpu()};
  std::atomic<bool> first_runs{false}, go{false};
  std::atomic<int> inside{0}, overlaps{0};
  auto body = [&] {
    if (inside.fetch_add(1) != 0) ++overlaps;
    inside.fetch_sub(1);
  };
  one.get().post([&] {
    if (inside.fetch_add(1) != 0) ++overlaps;
    first_runs = true;
    until([&] { return go.load(); });
    inside.fetch_sub(1);
  });
  until([&] { return first_runs.load(); });
  auto second = one.get().submit(body);
  auto waiter = rt.cpu().submit([&] {
    go = true;  // from here on the waiter may only block
    second.get();
  });
  waiter.get();
  CHECK(overlaps == 0);
}

// An executor refers to its strand: one that is gone with the expression must not be taken for one.
static_assert(std::is_convertible_v<weir::strand&, weir::executor>);
static_assert(!std::is_convertible_v<weir::strand, weir::executor>);
static_assert(!std::is_convertible_v<const weir::strand, weir::executor>);

TEST_CASE("strand: waiting inside a strand for a later job of it is refused, not a hang") {
  balanced_runtime rt{2};
  weir::strand one{rt.cpu()};
  auto outer = one.get().submit([&] { one.get().submit([] {}).get(); });
  CHECK_THROWS_AS(outer.get(), weir::would_deadlock);
}
