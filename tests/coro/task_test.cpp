#include "coro/fixture.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/spawn.hpp>
#include <weir/stop.hpp>
#include <weir/this_task.hpp>
#include <weir/timer.hpp>
#include <weir/when.hpp>

#include "support/stderr_reports.hpp"

using namespace weir;
using namespace std::chrono_literals;
using coro_test::counted;
using coro_test::no_frames_left;
using testing::manual_runtime;

namespace {

task<int> value(int v) { co_return v; }
task<std::unique_ptr<int>> boxed(int v) { co_return std::make_unique<int>(v); }
task<int&> reference(int& v) { co_return v; }
task<> nothing() { co_return; }
task<int> fails() {
  throw std::runtime_error{"boom"};
  co_return 0;
}

task<int> sum_of(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += co_await value(1);
  co_return sum;
}

task<int> depth(int n) {
  if (n == 0) co_return 0;
  co_return 1 + co_await depth(n - 1);
}

task<int> deep_failure(int n) {
  if (n == 0) throw std::runtime_error{"from the bottom"};
  co_return co_await deep_failure(n - 1);
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "task: nothing runs before it is awaited") {
  bool ran = false;
  auto body = [](bool& flag) -> task<> {
    flag = true;
    co_return;
  };
  auto t = body(ran);
  CHECK_FALSE(ran);
  manual_runtime rt;
  rt.block_on(std::move(t));
  CHECK(ran);
}

TEST_CASE_FIXTURE(no_frames_left, "task: results may be void, references and move-only") {
  manual_runtime rt;
  int target = 7;
  auto body = [](int& t) -> task<int> {
    co_await nothing();
    int& r = co_await reference(t);
    CHECK(&r == &t);
    auto p = co_await boxed(5);
    co_return r + *p;
  };
  CHECK(rt.block_on(body(target)) == 12);
  CHECK(&rt.block_on(reference(target)) == &target);
  CHECK(*rt.block_on(boxed(3)) == 3);
}

TEST_CASE_FIXTURE(no_frames_left, "task: an exception reaches whoever awaits, and can be caught there") {
  manual_runtime rt;
  CHECK_THROWS_WITH_AS(rt.block_on(fails()), "boom", std::runtime_error);
  auto catches = []() -> task<std::string> {
    try {
      co_await fails();
    } catch (const std::runtime_error& e) {
      co_return e.what();
    }
    co_return "";
  };
  CHECK(rt.block_on(catches()) == "boom");
}

TEST_CASE_FIXTURE(no_frames_left, "task: a million synchronous completions in a row do not grow the stack [D14]") {
  manual_runtime rt;
  CHECK(rt.block_on(sum_of(1'000'000)) == 1'000'000);
}

TEST_CASE_FIXTURE(no_frames_left, "task: a chain a million deep unwinds without recursion [D14]") {
  manual_runtime rt;
  CHECK(rt.block_on(depth(1'000'000)) == 1'000'000);
}

TEST_CASE_FIXTURE(no_frames_left, "task: an exception climbs a deep chain") {
  manual_runtime rt;
  CHECK_THROWS_WITH_AS(rt.block_on(deep_failure(1000)), "from the bottom", std::runtime_error);
}

TEST_CASE_FIXTURE(no_frames_left, "task: parameters, locals and results are destroyed exactly once") {
  manual_runtime rt;
  auto inner = [](counted c) -> task<counted> {
    counted local{c.value + 1};
    co_await sleep_for(1ms);
    co_return local;
  };
  auto outer = [](auto make) -> task<int> {
    const counted a = co_await make(counted{1});
    counted b = co_await make(counted{a.value});
    co_return b.value;
  };
  CHECK(rt.block_on(outer(inner)) == 3);
  CHECK(counted::alive == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "task: destroyed unstarted it is counted and reported, inside a runtime to its sink") {
  manual_runtime rt;
  const auto before = detail::never_awaited_tasks();
  auto forgets = []() -> task<> {
    {
      [[maybe_unused]] auto t = value(1);
    }
    co_return;
  };
  rt.block_on(forgets());
  CHECK(detail::never_awaited_tasks() == before + 1);
  REQUIRE(rt.reports(report_kind::never_awaited) == 1);
  CHECK(rt.reports()[0].name.find("value") != std::string::npos);
  CHECK(rt.reports()[0].message.find("task_test.cpp") != std::string::npos);
}

TEST_CASE_FIXTURE(no_frames_left, "task: move assignment drops the frame it had") {
  weir_test::expect_stderr_reports();
  manual_runtime rt;
  auto a = value(1);
  a = value(2);
  CHECK(rt.block_on(std::move(a)) == 2);
}

TEST_CASE_FIXTURE(no_frames_left, "task: whoever is handed a moved-from task refuses it") {
  weir_test::expect_stderr_reports();
  manual_runtime rt;
  const auto moved_from = [] {
    task<int> t = value(1);
    const task<int> gone = std::move(t);
    return t;  // NOLINT(bugprone-use-after-move)
  };
  CHECK_THROWS_AS((void)rt.block_on(moved_from()), std::invalid_argument);
  CHECK_THROWS_AS((void)spawn(rt, moved_from()), std::invalid_argument);
  const auto refuses = [&](auto awaitable_of) {
    const auto body = [&]() -> task<bool> {
      try {
        (void)co_await awaitable_of(moved_from());
      } catch (const std::invalid_argument&) {
        co_return true;
      }
      co_return false;
    };
    return rt.block_on(body());
  };
  CHECK(refuses([](task<int> t) { return t; }));
  CHECK(refuses([](task<int> t) { return with_timeout(1s, std::move(t)); }));
  CHECK(refuses([](task<int> t) { return with_stop(std::stop_token{}, std::move(t)); }));
  CHECK(refuses([](task<int> t) { return when_all(value(2), std::move(t)); }));
  CHECK(refuses([](task<int> t) {
    std::vector<task<int>> all;
    all.push_back(value(2));
    all.push_back(std::move(t));
    return when_all(std::move(all), par{2});
  }));
}
