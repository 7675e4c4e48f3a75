#include <weir/weir.hpp>

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "support/self.hpp"
#include "trace/support.hpp"

using namespace std::chrono_literals;
using weir::runtime;
using weir::task;

namespace {

task<int> sleepy(int n, std::chrono::microseconds t) {
  co_await weir::sleep_for(t);
  co_return n;
}

task<void> fills(weir::channel<int>& items) {
  for (int i = 0; i < 20; ++i) co_await items.send(i);
  items.close();
}

task<int> drains(weir::channel<int>& items) {
  int sum = 0;
  co_await weir::sleep_for(1ms);  // the channel is full by then
  while (const auto item = co_await items.receive()) sum += *item;
  co_return sum;
}

task<void> holds(weir::limiter& few) {
  const weir::permit held = co_await few.acquire();
  co_await weir::sleep_for(5ms);
}

task<int> body(weir::task_group& g, weir::limiter& few, weir::channel<int>& items) {
  co_await g.spawn(fills(items), "fills");
  auto drained = co_await g.spawn(drains(items), "drains");
  for (int i = 0; i < 4; ++i) co_await g.spawn(holds(few), "holds");
  co_await weir::checkpoint();
  const int sum = co_await std::move(drained);
  co_return sum;
}

task<int> plays_everything(weir::limiter& few, weir::channel<int>& items) {
  weir::trace::mark("begins", 1);
  const weir::group_options five{.limit = weir::par{5}, .name = "five"};
  const int sum = co_await weir::with_group(five, body, std::ref(few), std::ref(items));
  const auto first = co_await weir::when_any(sleepy(1, 100us), sleepy(2, 10s));
  const auto [a, b] = co_await weir::when_all(sleepy(1, 200us), sleepy(2, 100us));
  const int called = co_await weir::blocking([] { return 3; });
  const int left = co_await weir::blocking(weir::abandon_ok, [] { return 6; });
  const int computed = co_await weir::on_cpu([] { return 4; });
  const int timed = co_await weir::with_timeout(10s, sleepy(5, 100us));
  co_await weir::resume_on(weir::home::io);
  weir::trace::mark("on the reactor");
  co_return sum + static_cast<int>(first.index) + a + b + called + left + computed + timed;
}

task<int> forks(int n) {
  if (n == 0) {
    co_await weir::checkpoint();
    co_return 1;
  }
  const auto both = co_await weir::fork(forks(n - 1), forks(n - 1));
  co_return std::get<0>(both) + std::get<1>(both);
}

task<void> gives_up(weir::task_group& g) {
  co_await g.spawn(sleepy(1, 10s), "patient");
  g.cancel("enough");
}

task<void> leaves_things_behind(runtime& rt) {
  weir::channel<int> marked{8, {.name = "marked", .high = 2, .low = 1}, {.on_high = [] {}, .on_low = [] {}}};
  for (int i = 0; i < 3; ++i) co_await marked.send(i);
  for (int i = 0; i < 3; ++i) co_await marked.receive();
  {
    const auto never = sleepy(1, 1s);
  }
  {
    const auto unseen = rt.cpu().submit([] { throw std::runtime_error{"unseen"}; });
  }
  weir::background(rt, weir::task<void>{[]() -> task<void> { co_await weir::checkpoint(); }()}, "behind");
  co_await weir::with_group({.limit = weir::par{2}, .name = "stopped"}, gives_up);
}

int play(runtime& rt) {
  weir::limiter few{1, {.name = "few"}};
  weir::channel<int> items{4, {.name = "items"}};
  const int result = rt.block_on(plays_everything(few, items));
  rt.block_on(leaves_things_behind(rt));
  CHECK(rt.block_on(forks(6)) == 64);
  for (int i = 0; i < 10; ++i) rt.cpu().post({.name = "job"}, [] {});
  rt.wait_idle();
  return result;
}

}  // namespace

// Run as a child of the next case.
TEST_CASE("rt trace child: two runtimes at work" * doctest::skip()) {
  std::atomic<int> ran{0};
  weir::runtime outer{{.threads = 2}};
  {
    weir::runtime inner{{.threads = 1}};
    for (int i = 0; i < 100; ++i) inner.cpu().post({.name = "inner"}, [&] { ++ran; });
    inner.wait_idle();
  }
  for (int i = 0; i < 1000; ++i) outer.cpu().post({.name = "outer"}, [&] { ++ran; });
  outer.wait_idle();
  CHECK(ran.load() == 1100);
}

TEST_CASE("rt: WEIR_TRACE=file holds the life of every job of every runtime") {
  const support::scratch_directory dir;
  const std::string file = dir.file("t.wtr");
  REQUIRE(support::run_self("WEIR_TRACE=" + file, "rt trace child: two runtimes at work") == 0);
  CHECK(support::trace_is_valid(
      file, "BEGIN:inner=100 BEGIN:outer=1000 SPAWN:inner=100 SPAWN:outer=1000 END=1100 lost=0 whole=1 balance=1"));
}

TEST_CASE("rt: a WEIR_TRACE that cannot be written does not change what the program does") {
  CHECK(support::run_self("WEIR_TRACE=/dev/full", "rt trace child: two runtimes at work") == 0);
}

TEST_CASE("rt: a program that does everything leaves events of every kind, and the books balance") {
  const support::scratch_directory dir;
  weir::trace::recording rec{dir.file("t.wtr")};
  {
    runtime rt{{.threads = 2, .on_report = [](const weir::report&) {}}};
    CHECK(play(rt) == 190 + 0 + 3 + 3 + 6 + 4 + 5);
    rt.shutdown();
  }
  rec.stop();
  CHECK(support::trace_is_valid(
      dir.file("t.wtr"),
      "lost=0 whole=1 balance=1 MARK:begins=1 'MARK:on the reactor=1' BEGIN:job=10 SPAWN:fills=1 SPAWN:drains=1 "
      "SPAWN:holds=4 GROUP_BEGIN:five=1 'GROUP_BEGIN>2' 'GROUP_SETTLE>0' 'GROUP_END>2' 'MEMBER>9' 'SUSPEND>10' "
      "'WAKE>10' 'RESUME>10' 'ENTER>0' 'LEAVE>0' 'PARK>0' 'UNPARK>0' 'BLOCK_BEGIN=2' 'BLOCK_END=2' 'IO_SUBMIT>10' "
      "'IO_COMPLETE>10' 'TICK>5' 'TIMER_ARM>10' 'TIMER_FIRE>8' LIMIT:few=1 'PERMIT_WAIT:few>0' PERMIT_TAKE:few=4 "
      "PERMIT_GIVE:few=4 QUEUE_OPEN:items=1 'QUEUE_PUSH:items>4' 'QUEUE_POP:items>4' 'QUEUE_FULL>0' "
      "QUEUE_CLOSE:items=2 'COUNTER>0' DROPPED=1 UNOBSERVED=1 DETACH=1 'STOP_REQUEST>0' QUEUE_HIGH:marked=1 "
      "QUEUE_LOW:marked=1"));
}

TEST_CASE("rt: a deadline that passes is a request to stop, of the task or of the group; one that does not is none") {
  const support::scratch_directory dir;
  weir::trace::recording rec{dir.file("t.wtr"), {.what = weir::trace::category::task}};
  {
    runtime rt{{.threads = 1}};
    const auto sleeps_within = [](std::chrono::nanoseconds limit, std::chrono::microseconds t) -> task<int> {
      co_return co_await weir::with_timeout(limit, sleepy(1, t));
    };
    const auto group_within = [](std::chrono::nanoseconds limit) -> task<void> {
      const auto patient = [](weir::task_group& g) -> task<void> { co_await g.spawn(sleepy(1, 10s), "patient"); };
      co_await weir::with_group({.limit = weir::par{2}, .timeout = limit}, patient);
    };
    CHECK_THROWS_AS(rt.block_on(sleeps_within(1ms, 10s)), weir::operation_timed_out);
    CHECK_THROWS_AS(rt.block_on(sleeps_within(-1ms, 10s)), weir::operation_timed_out);
    CHECK_THROWS_AS(rt.block_on(group_within(1ms)), weir::operation_timed_out);
    CHECK(rt.block_on(sleeps_within(10s, 1us)) == 1);
    rt.shutdown();
  }
  rec.stop();
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "STOP_REQUEST=3 balance=1 lost=0"));
}

TEST_CASE("rt: sampling keeps whole trees: of roots that are left out nothing is there, of the others everything") {
  const support::scratch_directory dir;
  weir::trace::recording rec{dir.file("t.wtr"), {.what = weir::trace::category::task, .sample = 4}};
  {
    runtime rt{{.threads = 2}};
    const auto tree = [](runtime& on) -> task<int> {
      const auto both = co_await weir::when_all(sleepy(1, 50us), sleepy(2, 50us));
      on.cpu().submit([] {}).get();
      co_await weir::blocking([] {});
      co_await weir::blocking(weir::abandon_ok, [] {});
      co_return std::get<0>(both);
    };
    for (int i = 0; i < 8; ++i) CHECK(rt.block_on(tree(rt)) == 1);
    rt.shutdown();
  }
  rec.stop();
  // block_on starts its roots on this thread: two of eight, each with two children, a job and two calls
  CHECK(support::trace_is_valid(dir.file("t.wtr"), "SPAWN=8 GROUP_BEGIN=2 BLOCK_BEGIN=4 BLOCK_END=4 balance=1 lost=0"));
}
