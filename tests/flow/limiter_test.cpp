// limiter and its core, in virtual time: order, weights, resize, errors, nesting.
#include "flow/in_group.hpp"

#include <memory>
#include <string>
#include <vector>

#include <weir/limiter.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/this_task.hpp>
#include <weir/when.hpp>

using namespace flow_test;
using testing::manual_runtime;

namespace {

task<> hold(limiter& lim, std::size_t n, std::chrono::milliseconds d, std::vector<int>* order = nullptr, int id = 0) {
  const permit p = co_await lim.acquire(n);
  if (order != nullptr) order->push_back(id);
  co_await sleep_for(d);
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "limiter: 200 calls of 50 ms at 20 take 500 ms, 20 at once, never more [FLOW 3, 12]") {
  manual_runtime rt;
  limiter lim{20};
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 200; ++i) co_await g.spawn(hold(lim, 1, 50ms));
  };
  in_group(rt, fn);
  CHECK(elapsed(rt) == 500);
  const auto s = lim.stats();
  CHECK(s.peak_in_use == 20);
  CHECK(s.in_use == 0);
  CHECK(s.granted == 200);
  CHECK(s.hold_p50_ns >= 50'000'000);
  CHECK(s.hold_p50_ns <= 52'000'000);
  CHECK(s.hold_sum_ns == 200ull * 50'000'000);
  CHECK(s.wait_max_ns == 450'000'000);
}

TEST_CASE_FIXTURE(no_frames_left, "limiter: a permit is given back when its holder throws [FLOW 12]") {
  manual_runtime rt;
  limiter lim{1};
  auto fails = [&]() -> task<> {
    const permit p = co_await lim.acquire();
    throw std::runtime_error{"no"};
  };
  auto body = [&]() -> task<> { co_await with_timeout(1s, fails()); };
  CHECK_THROWS_AS(rt.block_on(body()), std::runtime_error);
  CHECK(lim.in_use() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "limiter: a large request is not starved by a churn of small ones [case 14]") {
  manual_runtime rt;
  limiter lim{8};
  std::vector<int> order;
  auto churn = [&](int n) -> task<> {
    for (int i = 0; i < n; ++i) co_await hold(lim, 1, 1ms);
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 16; ++i) co_await g.spawn(churn(100));
    co_await sleep_for(5ms);
    co_await g.spawn(hold(lim, 8, 1ms, &order, elapsed(rt) > 0 ? 1 : 0));
    co_await sleep_for(4ms);
    CHECK(order == std::vector<int>{1});
  };
  in_group(rt, fn);
}

TEST_CASE_FIXTURE(no_frames_left, "limiter: strictly in order: a head that does not fit holds up who would") {
  manual_runtime rt;
  limiter lim{3};
  std::vector<int> order;
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(hold(lim, 2, 10ms, &order, 1));
    co_await g.spawn(hold(lim, 3, 10ms, &order, 2));
    co_await g.spawn(hold(lim, 1, 10ms, &order, 3));
    co_await sleep_for(1ms);
    CHECK(lim.waiting() == 2);
    CHECK_FALSE(lim.try_acquire());  // one is free, but others wait
  };
  in_group(rt, fn);
  CHECK(order == std::vector<int>{1, 2, 3});
  CHECK(elapsed(rt) == 30);
}

TEST_CASE_FIXTURE(no_frames_left, "limiter: what is given back is the head's before it has resumed: nobody barges in") {
  manual_runtime rt;
  limiter lim{1};
  std::vector<int> order;
  auto first = [&]() -> task<> {
    permit p = co_await lim.acquire();
    co_await sleep_for(1ms);
    p.release();
    CHECK_FALSE(lim.try_acquire());  // between release and resumption
    CHECK(lim.in_use() == 1);
    order.push_back(1);
    const permit again = co_await lim.acquire();
    order.push_back(3);
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(first());
    co_await g.spawn(hold(lim, 1, 1ms, &order, 2));
  };
  in_group(rt, fn);
  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE_FIXTURE(no_frames_left,
                  "limiter: 1000 callers on 20: 980 are shown waiting; max_waiters refuses the rest [FLOW 13]") {
  manual_runtime rt;
  limiter all{20};
  limiter some{20, {.max_waiters = 500, .name = "db"}};
  int refused = 0;
  std::string message;
  auto asks = [&]() -> task<> {
    try {
      const permit p = co_await some.acquire();
      co_await sleep_for(10ms);
    } catch (const overloaded& e) {
      ++refused;
      message = e.what();
    }
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 1000; ++i) {
      co_await g.spawn(hold(all, 1, 10ms));
      co_await g.spawn(asks());
    }
    co_await sleep_for(1ms);
    CHECK(all.waiting() == 980);
    CHECK(some.waiting() == 500);
  };
  in_group(rt, fn);
  CHECK(refused == 480);
  CHECK(some.stats().refused == 480);
  CHECK(message == "weir: limiter 'db': 500 are waiting already");
}

TEST_CASE_FIXTURE(no_frames_left, "limiter: resize under load: holders finish, then exactly the new limit [case 18]") {
  manual_runtime rt;
  limiter lim{10};
  gauge g;
  auto work = [&]() -> task<> {
    const permit p = co_await lim.acquire();
    ++g.started;
    g.peak = std::max(g.peak, ++g.now);
    co_await sleep_for(10ms);
    --g.now;
  };
  auto fn = [&](task_group& group) -> task<> {
    for (int i = 0; i < 100; ++i) co_await group.spawn(work());
    co_await sleep_for(5ms);
    CHECK(g.now == 10);
    lim.set_limit(3);
    CHECK(g.now == 10);
    co_await sleep_for(6ms);  // 11: the ten have ended, three run
    CHECK(g.now == 3);
    CHECK(g.started == 13);
    lim.set_limit(20);
    co_await sleep_for(1ms);
    CHECK(g.now == 20);
    CHECK(g.started == 30);
    lim.set_limit(0);
    co_await sleep_for(100ms);
    CHECK(g.now == 0);
    CHECK(g.started == 30);
    lim.set_limit(5);
  };
  in_group(rt, fn);
  CHECK(g.peak == 20);
  CHECK(g.started == 100);
}

TEST_CASE_FIXTURE(no_frames_left, "limiter: more than the limit is an error now; a paused limiter takes any request") {
  manual_runtime rt;
  limiter lim{4, {.name = "x"}};
  auto ask = [&](std::size_t n) -> task<> { const permit p = co_await lim.acquire(n); };
  CHECK_THROWS_WITH_AS(rt.block_on(ask(5)), "weir: limiter 'x': n is 5, more than its limit", std::invalid_argument);
  CHECK_THROWS_AS(rt.block_on(ask(0)), std::invalid_argument);
  lim.set_limit(0);
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(ask(5));
    co_await sleep_for(1ms);
    CHECK(lim.waiting() == 1);
    lim.set_limit(4);  // accepted requests are not failed by a resize
    CHECK(lim.waiting() == 1);
    lim.set_limit(5);
  };
  in_group(rt, fn);
  CHECK(lim.stats().granted == 1);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "limiter: a stop before the await wins even if permits are free; cancelling the head lets the next "
                  "look [case 16]") {
  manual_runtime rt;
  limiter lim{4};
  std::vector<int> order;
  std::stop_source stopped, head;
  stopped.request_stop();
  auto ask = [&]() -> task<> { const permit p = co_await lim.acquire(); };
  auto body = [&]() -> task<> { co_await with_stop(stopped.get_token(), ask()); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_cancelled);
  CHECK(lim.stats().granted == 0);
  auto big = [&]() -> task<> {
    try {
      co_await with_stop(head.get_token(), hold(lim, 4, 1ms, &order, 9));
    } catch (const operation_cancelled&) {
      order.push_back(-1);
    }
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(hold(lim, 2, 1h, &order, 1));
    co_await g.spawn(big());
    co_await g.spawn(hold(lim, 2, 1ms, &order, 2));
    co_await sleep_for(1ms);
    CHECK(order == std::vector<int>{1});
    head.request_stop();
    co_await sleep_for(1ms);
    CHECK(order == std::vector<int>{1, -1, 2});
    CHECK(lim.waiting() == 0);
  };
  in_group(rt, fn);
  CHECK(lim.in_use() == 0);
  CHECK(lim.stats().withdrawn == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "limiter: close refuses who waits and who comes; permits stay valid") {
  manual_runtime rt;
  limiter lim{1, {.name = "db"}};
  int closed = 0;
  auto ask = [&]() -> task<> {
    try {
      const permit p = co_await lim.acquire();
      co_await sleep_for(10ms);
    } catch (const limiter_closed&) {
      ++closed;
    }
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 5; ++i) co_await g.spawn(ask());
    co_await sleep_for(1ms);
    lim.close();
    co_await g.spawn(ask());
    co_await sleep_for(1ms);
    CHECK(closed == 5);
    CHECK(lim.in_use() == 1);
  };
  in_group(rt, fn);
  CHECK(lim.in_use() == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "limiter: a holder that would wait for itself gets would_deadlock, not a hang [case 19]") {
  manual_runtime rt;
  limiter lim{1, {.name = "one"}};
  auto inner = [&]() -> task<> { const permit p = co_await lim.acquire(); };
  auto direct = [&]() -> task<> {
    const permit p = co_await lim.acquire();
    const permit q = co_await lim.acquire();
  };
  auto callee = [&]() -> task<> {
    const permit p = co_await lim.acquire();
    co_await inner();
  };
  auto scoped = [&]() -> task<> {
    const permit p = co_await lim.acquire();
    co_await with_timeout(1h, inner());
  };
  auto child = [&](task_group& g) -> task<> { co_await g.spawn(inner()); };
  auto grouped = [&]() -> task<> {
    const permit p = co_await lim.acquire();
    co_await with_group({.limit = par{2}}, std::ref(child));
  };
  auto all = [&]() -> task<> {
    const permit p = co_await lim.acquire();
    co_await when_all(inner(), sleep_for(1ms));
  };
  CHECK_THROWS_AS(rt.block_on(direct()), would_deadlock);
  CHECK_THROWS_AS(rt.block_on(callee()), would_deadlock);
  CHECK_THROWS_AS(rt.block_on(scoped()), would_deadlock);
  CHECK_THROWS_AS(rt.block_on(grouped()), would_deadlock);
  CHECK_THROWS_AS(rt.block_on(all()), would_deadlock);
  CHECK(elapsed(rt) == 0);
  CHECK(lim.in_use() == 0);
}

TEST_CASE_FIXTURE(
    no_frames_left,
    "limiter: nesting that may deadlock is reported once; a permit that moved on is not mistaken for nesting") {
  manual_runtime rt;
  limiter lim{3, {.name = "three"}};
  auto nested = [&]() -> task<> {
    const permit p = co_await lim.acquire();
    const permit q = co_await lim.acquire();
  };
  rt.block_on(nested());
  rt.block_on(nested());
  REQUIRE(rt.reports(report_kind::nested_acquire) == 1);
  limiter one{1};
  auto child = [](permit p) -> task<> {
    const permit mine = std::move(p);
    co_await sleep_for(1ms);
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 5; ++i) {
      permit p = co_await one.acquire();  // admission; the child gives it back
      co_await g.spawn(child(std::move(p)));
    }
  };
  in_group(rt, fn);
  CHECK(elapsed(rt) == 5);
  CHECK(rt.reports(report_kind::nested_acquire) == 1);
}

TEST_CASE("limiter: from_little is exact, rounds down and takes the smallest ceiling [FLOW 19]") {
  using namespace weir::literals;
  static_assert(littles_limit(400_hz, 50ms) == 20);
  static_assert(littles_limit(600_hz, 50ms) == 30);
  static_assert(littles_limit(800_hz, 25ms) == 20);
  static_assert(littles_limit(250_hz, 40ms) == 10);
  static_assert(littles_limit(200_hz, 80ms) == 16);
  static_assert(littles_limit(399_hz, 50ms) == 19);
  static_assert(littles_limit(1_hz, 1ms) == 1);
  static_assert(littles_limit(600_hz, 50ms, {.pool = 20, .memory = 64_MiB, .item = 1_MiB}) == 20);
  static_assert(littles_limit(600_hz, 50ms, {.downstream = 25}) == 25);
  static_assert(littles_limit(600_hz, 50ms, {.memory = 8_MiB, .item = 1_MiB}) == 8);
  static_assert(littles_limit(rate{~0ull}, std::chrono::hours{24 * 365}, {.pool = 64}) == 64);
  CHECK(limiter::from_little(400_hz, 50ms).limit() == 20);
  CHECK_THROWS_AS(rate{0}, std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "limiter: a policy drives the limit: it sees every completed hold") {
  struct halving final : limit_policy {
    std::size_t now = 8;
    int seen = 0, rejected = 0;
    std::size_t limit() const noexcept override { return now; }
    void completed(const hold_sample& s) noexcept override {
      ++seen;
      if (!s.rejected) return;
      ++rejected;
      now = std::max<std::size_t>(now / 2, 1);
    }
  } policy;
  manual_runtime rt;
  limiter lim{policy};
  auto work = [&](bool reject) -> task<> {
    permit p = co_await lim.acquire();
    co_await sleep_for(1ms);
    if (reject) p.mark_rejected();
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 16; ++i) co_await g.spawn(work(i == 3));
  };
  in_group(rt, fn);
  CHECK(policy.seen == 16);
  CHECK(policy.rejected == 1);
  CHECK(lim.limit() == 4);
  CHECK(lim.stats().rejected == 1);
  CHECK(elapsed(rt) == 3);  // 8, then 4 and 4
}
