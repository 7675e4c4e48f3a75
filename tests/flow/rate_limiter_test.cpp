// rate_limiter in virtual time: exact to the nanosecond.
#include "coro/calls.hpp"

#include <vector>

#include <weir/rate_limiter.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>

using namespace coro_test;
using namespace weir::literals;
using testing::manual_runtime;

TEST_CASE_FIXTURE(no_frames_left,
                  "rate_limiter: 40,000 at 600/s with a burst of 30 take 66.6 s, and 30 at once at most [FLOW 43]") {
  manual_runtime rt;
  rate_limiter rl{rt, 600_hz, 30};
  std::vector<std::chrono::nanoseconds> at;
  auto body = [&]() -> task<> {
    for (int i = 0; i < 40'000; ++i) {
      co_await rl.acquire();
      at.push_back(rt.now().time_since_epoch());
    }
  };
  rt.block_on(body());
  REQUIRE(at.size() == 40'000);
  CHECK(at[29] == 0ns);
  CHECK(at[30] > 0ns);
  CHECK(at.back() == std::chrono::nanoseconds{(39'970ll * 1'000'000'000 + 599) / 600});  // 66.6167 s
  // Over any window of t at most 30 + 600 t: the k-th never comes before (k - 30) / 600.
  for (std::size_t k = 30; k < at.size(); ++k)
    REQUIRE(at[k].count() * 600 >= static_cast<std::int64_t>(k - 29) * 1'000'000'000);
}

TEST_CASE_FIXTURE(no_frames_left, "rate_limiter: idle time saves up to the burst, no more") {
  manual_runtime rt;
  rate_limiter rl{rt, 10_hz, 5};
  auto body = [&]() -> task<> {
    for (int i = 0; i < 5; ++i) co_await rl.acquire();
    co_await sleep_for(10s);
    for (int i = 0; i < 6; ++i) co_await rl.acquire();
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 10'100);
}

TEST_CASE_FIXTURE(no_frames_left, "rate_limiter: enforce refuses with the time to come again") {
  manual_runtime rt;
  rate_limiter rl{rt, 10_hz, 2, {.mode = rate_mode::enforce, .name = "quota"}};
  auto body = [&]() -> task<> {
    co_await rl.acquire(2);
    co_await sleep_for(30ms);
    try {
      co_await rl.acquire();
      FAIL("let through");
    } catch (const rate_exceeded& e) {
      CHECK(e.retry_after() == 70ms);
    }
    co_await sleep_for(70ms);
    co_await rl.acquire();
    CHECK_FALSE(rl.try_acquire());
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "rate_limiter: weights, in strict order; who is stopped has used nothing") {
  manual_runtime rt;
  rate_limiter rl{rt, 10_hz, 10};
  std::vector<int> order;
  std::stop_source stop;
  auto ask = [&](std::size_t n, int id) -> task<> {
    co_await rl.acquire(n);
    order.push_back(id);
  };
  auto stoppable = [&]() -> task<> {
    try {
      co_await with_stop(stop.get_token(), ask(10, 2));
    } catch (const operation_cancelled&) {
      order.push_back(-2);
    }
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(ask(10, 1));
    co_await g.spawn(stoppable());  // would go at 1 s
    co_await g.spawn(ask(1, 3));
    co_await sleep_for(50ms);
    CHECK_FALSE(rl.try_acquire());
    CHECK(rl.waiting() == 2);
    stop.request_stop();
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{10}}, std::ref(fn)); };
  rt.block_on(body());
  CHECK(order == std::vector<int>{1, -2, 3});
  CHECK(elapsed(rt) == 100);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "rate_limiter: a new rate takes effect at once, also for who waits; a stop ends the wait") {
  manual_runtime rt;
  rate_limiter rl{rt, rate{1, 1h}};
  std::vector<std::int64_t> at;
  auto ask = [&]() -> task<> {
    co_await rl.acquire();
    at.push_back(elapsed(rt));
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 4; ++i) co_await g.spawn(ask());
    co_await sleep_for(100ms);
    rl.set_rate(10_hz);  // all but 100 ms / 1 h of a token is missing still, and comes at the new rate
    co_await sleep_for(150ms);
    rl.set_rate(rate{1, 1h});  // and lower again: who has the turn goes by it, too
    co_await sleep_for(1s);
    CHECK(at.size() == 2);
    g.cancel();
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{10}}, std::ref(fn)); };
  rt.block_on(body());
  CHECK(at == std::vector<std::int64_t>{0, 199});
  CHECK(rl.waiting() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "rate_limiter: bad arguments are named") {
  manual_runtime rt;
  CHECK_THROWS_AS((rate_limiter{rt, 1_hz, 0}), std::invalid_argument);
  rate_limiter rl{rt, 1_hz, 2, {.name = "r"}};
  auto body = [&](std::size_t n) -> task<> { co_await rl.acquire(n); };
  CHECK_THROWS_WITH_AS(rt.block_on(body(3)), "weir: rate_limiter 'r': n is 3, not between 1 and the burst of 2",
                       std::invalid_argument);
  CHECK_THROWS_AS(rt.block_on(body(0)), std::invalid_argument);
}
