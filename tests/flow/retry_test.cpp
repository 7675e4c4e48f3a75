// retry: how often, how long, on whose account. [row 42]
#include "coro/calls.hpp"

#include <algorithm>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/limiter.hpp>
#include <weir/retry.hpp>
#include <weir/streams.hpp>
#include <weir/when.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

/// Fails so many times, then gives its argument; notes when it was called.
struct flaky {
  manual_runtime& rt;
  int failures;
  std::vector<std::int64_t> at{};

  task<int> operator()(int x) {
    at.push_back(elapsed(rt));
    if (failures-- > 0) throw std::runtime_error{"not yet"};
    co_return x;
  }
};

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "retry: the first success is the result; each wait is within full jitter's bound") {
  bool waited_differently = false;
  std::int64_t last = -1;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    manual_runtime rt;
    flaky f{rt, 3};
    auto again = retry({.attempts = 4, .first = 100ms, .most = 150ms, .seed = seed}, std::ref(f));
    CHECK(rt.block_on(again(7)) == 7);
    REQUIRE(f.at.size() == 4);
    CHECK(f.at[1] - f.at[0] <= 100);
    CHECK(f.at[2] - f.at[1] <= 151);  // 200, at most 150; milliseconds are cut
    CHECK(f.at[3] - f.at[2] <= 151);
    waited_differently |= last >= 0 && last != f.at[3];
    last = f.at[3];
  }
  CHECK(waited_differently);
}

TEST_CASE_FIXTURE(no_frames_left, "retry: the last failure comes out when the attempts are used up") {
  manual_runtime rt;
  flaky f{rt, 100};
  auto again = retry({.attempts = 3, .seed = 1}, std::ref(f));
  CHECK_THROWS_WITH(rt.block_on(again(7)), "not yet");
  CHECK(f.at.size() == 3);
}

TEST_CASE_FIXTURE(no_frames_left, "retry: what asks for a time gets at least that (Retry-After)") {
  manual_runtime rt;
  std::vector<std::int64_t> at;
  auto busy = [&]() -> task<int> {
    at.push_back(elapsed(rt));
    if (at.size() < 3) throw retry_later{"busy", 5s};
    co_return 1;
  };
  auto again = retry({.first = 10ms, .most = 20ms, .seed = 3}, busy);
  CHECK(rt.block_on(again()) == 1);
  CHECK(at == std::vector<std::int64_t>{0, 5000, 10'000});
}

TEST_CASE_FIXTURE(no_frames_left, "retry: a stop and what is not retriable come out at once") {
  manual_runtime rt;
  int calls = 0;
  auto stopped = [&]() -> task<> {
    ++calls;
    throw operation_cancelled{};
    co_return;
  };
  auto fails = [&]() -> task<> {
    ++calls;
    throw std::logic_error{"a bug"};
    co_return;
  };
  auto a = retry({.seed = 1}, stopped);
  CHECK_THROWS_AS(rt.block_on(a()), operation_cancelled);
  CHECK(calls == 1);
  auto b = retry({.retriable =
                      [](const std::exception_ptr& e) {
                        try {
                          std::rethrow_exception(e);
                        } catch (const std::logic_error&) {
                          return false;
                        } catch (...) {
                          return true;
                        }
                      },
                  .seed = 1},
                 fails);
  CHECK_THROWS_AS(rt.block_on(b()), std::logic_error);
  CHECK(calls == 2);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "retry: an attempt has its time, and a deadline that a wait would miss ends it at once") {
  manual_runtime rt;
  int calls = 0;
  auto hangs_once = [&]() -> task<int> {
    if (++calls == 1) co_await sleep_for(1h);
    co_return 5;
  };
  auto timed = retry({.first = 1ms, .attempt_timeout = 200ms, .seed = 1}, hangs_once);
  CHECK(rt.block_on(timed()) == 5);
  CHECK(elapsed(rt) <= 201);
  const auto begun = elapsed(rt);
  auto later = []() -> task<> {
    throw retry_later{"in a minute", 60s};
    co_return;
  };
  auto patient = retry({.seed = 1}, later);
  auto in_a_second = [&]() -> task<> { co_await with_timeout(1s, patient()); };
  CHECK_THROWS_AS(rt.block_on(in_a_second()), retry_later);
  CHECK(elapsed(rt) == begun);
}

TEST_CASE_FIXTURE(no_frames_left, "retry: no permit is held while it waits") {
  manual_runtime rt;
  limiter pool{1};
  int failures = 1;
  auto first = [&]() -> task<> {
    if (failures-- > 0) throw retry_later{"busy", 1s};
    co_return;
  };
  auto other = [&]() -> task<> {
    co_await sleep_for(1ms);
    const permit mine = co_await pool.acquire();  // the first one waits its second
    CHECK(elapsed(rt) == 1);
  };
  auto again = retry({.limit = &pool, .seed = 1}, first);
  auto body = [&]() -> task<> { co_await when_all(again(), other()); };
  rt.block_on(body());
  CHECK(elapsed(rt) == 1000);
  CHECK(pool.stats().in_use == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "retry: against a partner that is down, all calls together are at most 1.1 times the calls and ten a "
                  "second [row 42]") {
  manual_runtime rt;
  retry_budget calm{rt};
  std::uint64_t called = 0;
  auto down = [&](int) -> task<int> {
    ++called;
    co_await sleep_for(20ms);
    throw std::runtime_error{"down"};
    co_return 0;
  };
  auto again = retry({.attempts = 4, .first = 10ms, .most = 50ms, .budget = &calm, .seed = 9}, down);
  const std::size_t n = 20'000;
  std::uint64_t failed = 0;
  CHECK(rt.block_on(from(std::views::iota(0, static_cast<int>(n))) | map_async(settled(std::move(again)), par{50}) |
                    for_each([&](const expected<int>& e) { failed += e ? 0 : 1; })) == n);
  CHECK(failed == n);
  const double seconds = static_cast<double>(elapsed(rt)) / 1000;
  CHECK(static_cast<double>(called) <= 1.1 * static_cast<double>(n) + 10 * (seconds + 1));
  CHECK(called > n);
  CHECK(calm.refused() > 0);
}

TEST_CASE("retry: impossible options are refused") {
  manual_runtime rt;
  const auto f = [](int) -> task<int> { co_return 0; };
  CHECK_THROWS_AS((void)retry({.attempts = 0}, f), std::invalid_argument);
  CHECK_THROWS_AS((void)retry({.first = 0ms}, f), std::invalid_argument);
  CHECK_THROWS_AS((void)retry({.first = 2s, .most = 1s}, f), std::invalid_argument);
  CHECK_THROWS_AS((void)retry({.attempt_timeout = 0ms}, f), std::invalid_argument);
  CHECK_THROWS_AS(retry_budget(rt, {.per_call = 2}), std::invalid_argument);
  CHECK_THROWS_AS(retry_budget(rt, {.most = 0}), std::invalid_argument);
}
