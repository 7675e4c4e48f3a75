// post_bulk and submit_bulk: every index once, few nodes, failures and cancellation accounted item by item.
#include <weir/detail/pool.hpp>
#include <weir/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <list>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "support/fake_scheduler.hpp"

#include "support/stderr_reports.hpp"

using namespace weir_test;

namespace {

struct marks {
  explicit marks(std::size_t n) : seen(n) {}
  void operator()(std::size_t i) { seen[i].fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] bool each_once() const {
    return std::all_of(seen.begin(), seen.end(), [](const auto& s) { return s.load() == 1; });
  }
  std::vector<std::atomic<int>> seen;
};

}  // namespace

TEST_CASE("bulk: every index runs once, whatever the count and the number of workers") {
  for (const unsigned workers : {1U, 2U, 5U}) {
    balanced_runtime rt{workers};
    std::uint64_t items = 0;
    for (const std::size_t n : {0U, 1U, 2U, 3U, 63U, 64U, 1000U, 100'000U}) {
      marks posted{n}, submitted{n};
      rt.cpu().post_bulk(n, std::ref(posted));
      rt.cpu().submit_bulk(n, std::ref(submitted)).get();
      rt->wait_idle();
      CHECK(posted.each_once());
      CHECK(submitted.each_once());
      items += 2 * n;
    }
    CHECK(rt->stats().jobs_ok == items);
  }
}

TEST_CASE("bulk: a range is moved in and every element is given once") {
  balanced_runtime rt{2};
  std::vector<int> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::atomic<int> sum{0};
  rt.cpu().submit_bulk(std::vector<int>(numbers), [&](int x) { sum += x; }).get();
  rt.cpu().post_bulk(numbers, [&](int& x) { sum += x; });
  rt->wait_idle();
  CHECK(sum == 999'000);
}

TEST_CASE("bulk: a million items need a number of nodes that grows with workers, not with items") {
  if (!weir::detail::pool_stats().pooling) return;  // plain allocation keeps no count
  balanced_runtime rt{2};
  std::atomic<std::uint64_t> most{0};
  const auto before = weir::detail::pool_stats().blocks_live;
  rt.cpu()
      .submit_bulk(1'000'000,
                   [&](std::size_t i) {
                     if (i % 4096 != 0) return;
                     const auto now = weir::detail::pool_stats().blocks_live;
                     auto seen = most.load();
                     while (now > seen && !most.compare_exchange_weak(seen, now)) {
                     }
                   })
      .get();
  CHECK(most - before < 200);
}

TEST_CASE("bulk: from a worker, and from inside another bulk") {
  balanced_runtime rt{2};
  marks all{64 * 64};
  rt.cpu()
      .submit([&] {
        rt.cpu()
            .submit_bulk(64, [&](std::size_t i) { rt.cpu().post_bulk(64, [&, i](std::size_t j) { all(i * 64 + j); }); })
            .get();
      })
      .get();
  rt->wait_idle();
  CHECK(all.each_once());
}

TEST_CASE("post_bulk: an item that throws is reported and counted, the others run") {
  weir_test::expect_stderr_reports();
  std::atomic<int> reports{0};
  weir::runtime_options options = with_threads(2);
  options.on_report = [&](const weir::report&) { ++reports; };
  balanced_runtime rt{options};
  std::atomic<int> ran{0};
  rt.cpu().post_bulk(10'000, [&](std::size_t i) {
    if (i % 1000 == 0) throw std::runtime_error{"item"};
    ++ran;
  });
  const auto s = rt.idle_stats();
  CHECK(ran == 9990);
  CHECK(s.jobs_failed == 10);
  CHECK(s.jobs_ok == 9990);
  CHECK(reports == 10);
}

TEST_CASE("submit_bulk: the first exception arrives after the last item ended; skipped items count as cancelled") {
  weir_test::expect_stderr_reports();
  balanced_runtime rt{3};
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> inside{0}, ran{0};
    auto done = rt.cpu().submit_bulk(10'000, [&](std::size_t i) {
      inside.fetch_add(1);
      ran.fetch_add(1);
      const bool bad = i == 137;
      inside.fetch_sub(1);
      if (bad) throw std::runtime_error{"item 137"};
    });
    CHECK_THROWS_WITH(done.get(), "item 137");
    CHECK(inside == 0);
  }
  const auto s = rt.idle_stats();
  CHECK(s.jobs_failed == 50);
  CHECK(s.jobs_attempted == 50 * 10'000);
}

TEST_CASE("submit_bulk: captures are destroyed before the future is ready") {
  balanced_runtime rt{2};
  counted_object::reset();
  rt.cpu().submit_bulk(1000, [life = counted_object{}](std::size_t) {}).get();
  CHECK(counted_object::balanced());
}

TEST_CASE("submit_bulk: discarded before it started, it says so instead of success") {
  weir::runtime rt{with_threads(1)};
  auto done = [&] {
    std::atomic<bool> open{false};
    std::atomic<bool> held{false};
    rt.cpu().post([&] {
      held = true;
      until([&] { return open.load(); });
    });
    until([&] { return held.load(); });
    auto f = rt.cpu().submit_bulk(1000, [](std::size_t) {});
    std::thread closer{[&] { rt.shutdown(weir::shutdown_mode::discard); }};
    until([&] {  // the queue is given up while the only worker is still busy
      try {
        return !rt.cpu().try_post([] {});
      } catch (const weir::runtime_closed&) {
        return true;
      }
    });
    until([&] { return rt.stats().jobs_rejected != 0; });
    // close() precedes discard(): only a running worker that finds the flag proves it; let it look again and again
    open = true;
    closer.join();
    return f;
  }();
  const auto s = rt.stats();
  if (s.jobs_cancelled >= 1000)
    CHECK_THROWS_AS(done.get(), weir::operation_cancelled);
  else
    CHECK_NOTHROW(done.get());
  CHECK(s.jobs_balance());
}

TEST_CASE("bulk: a high-priority job does not wait for the end of a long bulk") {
  balanced_runtime rt{1};
  constexpr std::size_t n = 100'000;
  std::atomic<std::size_t> before{0};
  std::atomic<bool> high_ran{false};
  rt.cpu().post_bulk(n, [&](std::size_t i) {
    if (i == 0) rt.cpu().post({.priority = weir::priority::high}, [&] { high_ran = true; });
    if (high_ran.load(std::memory_order_relaxed)) return;
    ++before;
    spin(10);
  });
  rt->wait_idle();
  CHECK(before < n / 4);
}

TEST_CASE("bulk: refused when the queue is full, n items count as rejected and the callable is destroyed") {
  weir::runtime_options options = with_threads(1);
  options.queue_capacity = 1;
  options.on_full = weir::on_full::reject;
  balanced_runtime rt{options};
  const held_workers held{rt.cpu(), 1};
  counted_object::reset();
  CHECK_THROWS_AS(rt.cpu().post_bulk(77, [life = counted_object{}](std::size_t) {}), weir::queue_full);
  CHECK(counted_object::balanced());
  CHECK(rt->stats().jobs_rejected == 77);
}
