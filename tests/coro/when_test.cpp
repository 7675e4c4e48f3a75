#include "coro/fixture.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <weir/error.hpp>
#include <weir/stop.hpp>
#include <weir/timer.hpp>
#include <weir/when.hpp>

using namespace weir;
using namespace std::chrono_literals;
using coro_test::elapsed;
using coro_test::no_frames_left;
using testing::manual_runtime;

namespace {

task<int> after(std::chrono::milliseconds d, int v) {
  co_await sleep_for(d);
  co_return v;
}

task<> fail_after(std::chrono::milliseconds d, const char* what) {
  co_await sleep_for(d);
  throw std::runtime_error{what};
}

/// How many run at once, and at most.
struct gauge {
  int now = 0, peak = 0, started = 0;
};

task<int> measured(gauge& g, std::chrono::milliseconds d, int v) {
  ++g.started;
  g.peak = std::max(g.peak, ++g.now);
  struct leave {
    gauge& g;
    ~leave() { --g.now; }
  } const out{g};
  co_await sleep_for(d);
  co_return v;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "when_all: runs at once and gives all results; void becomes unit") {
  manual_runtime rt;
  int target = 5;
  auto ref = [](int& r) -> task<int&> { co_return r; };
  auto nothing = []() -> task<> { co_await sleep_for(10ms); };
  auto boxed = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
  auto body = [&]() -> task<> {
    auto [a, b, r, u, p] = co_await when_all(after(50ms, 1), after(50ms, 2), ref(target), nothing(), boxed());
    CHECK(a + b == 3);
    CHECK(&r == &target);
    CHECK(u == unit{});
    CHECK(*p == 3);
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 50);
}

TEST_CASE_FIXTURE(no_frames_left, "when_all: of nothing is {} at once") {
  manual_runtime rt;
  auto body = []() -> task<std::size_t> {
    const std::tuple<> none = co_await when_all();
    static_cast<void>(none);
    const auto empty = co_await when_all(std::vector<task<int>>{}, par{4});
    co_return empty.size();
  };
  CHECK(rt.block_on(body()) == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "when_all: the first failure stops the siblings; all have ended when it throws") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> {
    std::vector<task<int>> many;
    for (int i = 0; i < 100; ++i) many.push_back(measured(g, 1s, i));
    co_await when_all(when_all(std::move(many), par{100}), fail_after(10ms, "third"));
  };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "third", std::runtime_error);
  CHECK(elapsed(rt) == 10);
  CHECK(g.started == 100);
  CHECK(g.now == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "when_all: a second failure is suppressed but not lost") {
  manual_runtime rt;
  auto cleanup_fails = []() -> task<> {
    try {
      co_await sleep_for(1s);
    } catch (const operation_cancelled&) {
      throw std::runtime_error{"second"};
    }
  };
  auto body = [&]() -> task<> { co_await when_all(cleanup_fails(), fail_after(10ms, "first")); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "first", std::runtime_error);
  CHECK(rt.reports(report_kind::never_awaited) == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "when_all: the range form keeps to its bound and to the order of its results") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> {
    std::vector<task<int>> calls;
    for (int i = 0; i < 200; ++i) calls.push_back(measured(g, 50ms, i));
    const auto results = co_await when_all(std::move(calls), par{20});
    CHECK(results.size() == 200);
    CHECK(std::ranges::is_sorted(results));
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 500);
  CHECK(g.peak == 20);
}

TEST_CASE_FIXTURE(no_frames_left, "when_all: after a failure the range form starts no more") {
  manual_runtime rt;
  int started = 0;
  auto call = [&](int i) -> task<> {
    ++started;
    co_await sleep_for(10ms);
    if (i == 2) throw std::runtime_error{"no"};
  };
  const auto unstarted = detail::never_awaited_tasks();
  auto body = [&]() -> task<> {
    std::vector<task<>> calls;
    for (int i = 0; i < 50; ++i) calls.push_back(call(i));
    co_await when_all(std::move(calls), par{4});
  };
  CHECK_THROWS_AS(rt.block_on(body()), std::runtime_error);
  CHECK(started < 9);
  CHECK(detail::never_awaited_tasks() == unstarted);  // they were given to when_all: nobody forgot them
}

TEST_CASE_FIXTURE(no_frames_left, "when_all: a stop from outside reaches all children") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> {
    std::vector<task<int>> calls;
    for (int i = 0; i < 50; ++i) calls.push_back(measured(g, 1s, i));
    co_await with_timeout(15ms, when_all(std::move(calls), par{8}));
  };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  CHECK(elapsed(rt) == 15);
  CHECK(g.started == 8);
  CHECK(g.now == 0);
}

TEST_CASE("par: a bound of zero is rejected") { CHECK_THROWS_AS(par{0}, std::invalid_argument); }
