#include "coro/fixture.hpp"

#include <cerrno>
#include <coroutine>
#include <set>
#include <stdexcept>
#include <string>

#include <weir/detail/leaf.hpp>
#include <weir/error.hpp>
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

task<> note_after(std::string& log, std::chrono::milliseconds d, char c) {
  co_await sleep_for(d);
  log += c;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "manual_runtime: the clock jumps to the next timer, in their order") {
  manual_runtime rt;
  std::string log;
  auto body = [&]() -> task<> {
    co_await when_all(note_after(log, 30min, 'c'), note_after(log, 10min, 'a'), note_after(log, 20min, 'b'));
  };
  auto body2 = [&]() -> task<> { co_await body(); };
  rt.block_on(body2());
  CHECK(log == "abc");
  CHECK(rt.now().time_since_epoch() == 30min);
}

TEST_CASE_FIXTURE(no_frames_left, "manual_runtime: advance completes timers on the way, run_until_idle moves no time") {
  manual_runtime rt;
  std::string log;
  rt.spawn(note_after(log, 10ms, 'a'));
  rt.spawn(note_after(log, 20ms, 'b'));
  rt.run_until_idle();
  CHECK(rt.now().time_since_epoch() == 0ms);
  CHECK(rt.armed_timers() == 2);
  rt.advance(15ms);
  CHECK(log == "a");
  CHECK(rt.now().time_since_epoch() == 15ms);
  rt.advance(std::chrono::nanoseconds::max());
  CHECK(log == "ab");
}

TEST_CASE_FIXTURE(no_frames_left, "manual_runtime: the same seed gives the same order, other seeds other orders") {
  auto order = [](std::uint64_t seed) {
    manual_runtime rt{{.seed = seed}};
    std::string log;
    for (char c = 'a'; c <= 'f'; ++c) rt.spawn(note_after(log, 5ms, c));
    rt.advance(10ms);
    return log;
  };
  CHECK(order(0) == "abcdef");
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CHECK(order(seed) == order(seed));
    seen.insert(order(seed));
  }
  CHECK(seen.size() > 10);
}

TEST_CASE_FIXTURE(no_frames_left, "manual_runtime: a task that can never end throws would_deadlock and unwinds") {
  manual_runtime rt;
  auto body = []() -> task<> {
    const counted local;
    co_await sleep_until(detail::time_point::max());
  };
  CHECK_THROWS_AS(rt.block_on(body()), would_deadlock);
  CHECK(counted::alive == 0);
  CHECK(rt.armed_timers() == 0);
  auto fine = []() -> task<int> { co_return 1; };
  CHECK(rt.block_on(fine()) == 1);  // still usable
}

TEST_CASE_FIXTURE(no_frames_left,
                  "manual_runtime: a stuck task that ignores its stop stays, visibly, until it ends by itself") {
  struct stuck {
    std::coroutine_handle<>& waiting;
    explicit stuck(std::coroutine_handle<>& w) noexcept : waiting{w} {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) const noexcept { waiting = h; }
    void await_resume() const noexcept {}
  };
  manual_runtime rt;
  std::coroutine_handle<> waiting;
  auto body = [&]() -> task<> { co_await stuck{waiting}; };
  CHECK_THROWS_AS(rt.block_on(body()), would_deadlock);
  CHECK(detail::live_frames() > frames_before);
  auto other = []() -> task<int> {
    co_await sleep_for(1ms);
    co_return 2;
  };
  waiting.resume();
  CHECK(rt.block_on(other()) == 2);  // the late end is not taken for the end of this one
}

TEST_CASE_FIXTURE(no_frames_left, "manual_runtime: blocking on it from inside its loop throws would_deadlock") {
  weir_test::expect_stderr_reports();
  manual_runtime rt;
  auto one = []() -> task<int> { co_return 1; };
  auto body = [&]() -> task<int> { co_return rt.block_on(one()); };
  CHECK_THROWS_AS(rt.block_on(body()), would_deadlock);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "manual_runtime: destroyed with tasks left, it stops them and runs them to their end") {
  int stopped = 0;
  {
    manual_runtime rt;
    auto stubborn = [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        try {
          co_await shield(sleep_for(1h));
        } catch (const operation_cancelled&) {
          ++stopped;
        }
      }
    };
    rt.spawn(stubborn());
    rt.run_until_idle();
  }
  CHECK(stopped == 3);
}

TEST_CASE_FIXTURE(no_frames_left, "manual_runtime: the exception of a spawned task is reported, with its name") {
  manual_runtime rt;
  auto fails = []() -> task<> {
    throw std::runtime_error{"x"};
    co_return;
  };
  rt.spawn(fails(), "job");
  rt.run_until_idle();
  REQUIRE(rt.reports(report_kind::unhandled_exception) == 1);
  CHECK(rt.reports()[0].name == "job");
  CHECK(rt.tasks().failed == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "manual_runtime: operations on descriptors end with ENOTSUP") {
  struct read_awaiter : detail::io_awaiter {
    read_awaiter() noexcept : io_awaiter{kind::read} {}
  };
  manual_runtime rt;
  auto body = []() -> task<std::int64_t> { co_return co_await read_awaiter{}; };
  CHECK(rt.block_on(body()) == -ENOTSUP);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "manual_runtime: shutdown's cancel of a queued resumption resumes with a stop requested") {
  manual_runtime rt;
  bool stopped = false;
  auto body = [&]() -> task<> {
    co_await checkpoint();
    stopped = co_await stop_requested();
  };
  struct stealing_root : detail::root_task<void> {
    using root_task::root_task;
    bool done = false;
  } root{body(), [](detail::root_base& r) noexcept { static_cast<stealing_root&>(r).done = true; }};
  struct collector final : detail::scheduler {  // a runtime that is going away
    detail::job* queued = nullptr;
    detail::time_point now() const noexcept override { return {}; }
    void resume(detail::job& j, home) noexcept override { queued = &j; }
    bool on(home) const noexcept override { return true; }
    void start(detail::operation&) noexcept override {}
    void cancel(detail::operation&) noexcept override {}
    void run_blocking(detail::blocking_job&) noexcept override {}
    void report(const weir::report&) noexcept override {}
    void task_started() noexcept override {}
    void task_ended(detail::outcome) noexcept override {}
  } going_away;
  root.start(going_away, home::cpu);
  while (!root.done) {
    auto* const j = std::exchange(going_away.queued, nullptr);
    REQUIRE(j != nullptr);
    j->act(j, detail::action::cancel);
  }
  CHECK(root.how() == detail::outcome::cancelled);  // the checkpoint threw
  CHECK_FALSE(stopped);
}
