#include "coro/fixture.hpp"

#include <coroutine>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include <weir/error.hpp>
#include <weir/offload.hpp>
#include <weir/runtime_handle.hpp>
#include <weir/stop.hpp>
#include <weir/this_task.hpp>
#include <weir/timer.hpp>
#include <weir/when.hpp>

using namespace weir;
using namespace std::chrono_literals;
using coro_test::counted;
using coro_test::no_frames_left;
using testing::manual_runtime;

TEST_CASE_FIXTURE(no_frames_left, "home: a task comes back to its home after every await, whatever its children do") {
  manual_runtime rt;
  auto& s = rt.scheduler();
  auto child = [&]() -> task<> {
    CHECK(s.on(home::io));  // inherited
    co_await resume_on(home::cpu);
    CHECK(s.on(home::cpu));
    co_await sleep_for(1ms);
    CHECK(s.on(home::cpu));
  };
  auto body = [&]() -> task<> {
    CHECK(s.on(home::cpu));
    co_await resume_on(home::io);
    CHECK(s.on(home::io));
    co_await sleep_for(1ms);
    CHECK(s.on(home::io));
    co_await child();
    CHECK(s.on(home::io));
    co_await when_all(child(), child());
    CHECK(s.on(home::io));
    co_await on_cpu([] {});
    CHECK(s.on(home::io));
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "offload: on_cpu and blocking bring results and exceptions back; arguments move in") {
  manual_runtime rt;
  auto& s = rt.scheduler();
  int target = 3;
  auto body = [&]() -> task<int> {
    auto take = [](std::unique_ptr<int> p, const std::string& t) { return *p + static_cast<int>(t.size()); };
    const int a = co_await on_cpu(take, std::make_unique<int>(2), "abc");
    auto refer = [&]() -> int& {
      CHECK_FALSE(s.on(home::io));
      CHECK_FALSE(s.on(home::cpu));
      return target;
    };
    int& r = co_await weir::blocking(refer);
    CHECK(&r == &target);
    bool caught = false;
    auto fails = [] { throw std::runtime_error{"no"}; };
    try {
      co_await on_cpu(fails);
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    co_return a;
  };
  CHECK(rt.block_on(body()) == 5);
}

TEST_CASE_FIXTURE(no_frames_left, "offload: with a stop requested the call is skipped; one in progress is delivered") {
  manual_runtime rt;
  std::stop_source source;
  int calls = 0;
  auto last = [&] {
    ++calls;
    source.request_stop();
    return 5;
  };
  auto work = [&]() -> task<int> {
    const int v = co_await on_cpu(last);  // stopped during the call: delivered all the same
    co_await on_cpu(last);
    co_return v;
  };
  auto body = [&]() -> task<int> { co_return co_await with_stop(source.get_token(), work()); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_cancelled);
  CHECK(calls == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "offload: a stop that comes while the call waits in line skips it") {
  manual_runtime rt;
  std::stop_source source;
  int calls = 0;
  auto f = [&] { ++calls; };
  auto stopper = [&]() -> task<> {
    source.request_stop();
    co_return;
  };
  auto body = [&]() -> task<> { co_await when_all(with_stop(source.get_token(), on_cpu(f)), stopper()); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_cancelled);
  CHECK(calls == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "offload: callables and arguments are destroyed exactly once") {
  manual_runtime rt;
  auto body = []() -> task<int> {
    const counted c{4};
    auto f = [c](const counted& a, counted b) { return counted{c.value + a.value + b.value}; };
    const counted sum = co_await on_cpu(f, counted{2}, counted{1});
    co_return sum.value;
  };
  CHECK(rt.block_on(body()) == 7);
  CHECK(counted::alive == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "runtime_handle: a task asks for its runtime and uses its clock, cpu and blocking") {
  manual_runtime rt;
  auto body = [](runtime_handle given) -> task<int> {
    const runtime_handle mine = co_await current_runtime();
    CHECK(mine == given);
    const auto before = mine.now();
    co_await sleep_for(5ms);
    CHECK(mine.now() - before == 5ms);
    auto twice = [](int v) { return 2 * v; };
    co_return co_await mine.cpu(twice, 2) + co_await mine.blocking(twice, 3);
  };
  CHECK(rt.block_on(body(rt)) == 10);
}

TEST_CASE_FIXTURE(no_frames_left, "checkpoint: what is ready goes first; a requested stop is thrown") {
  manual_runtime rt;
  std::vector<int> order;
  auto loop = [&](int id) -> task<> {
    for (int i = 0; i < 3; ++i) {
      order.push_back(id);
      co_await checkpoint();
    }
  };
  auto body = [&]() -> task<> { co_await when_all(loop(1), loop(2)); };
  rt.block_on(body());
  CHECK(order == std::vector<int>{1, 2, 1, 2, 1, 2});

  std::stop_source source;
  int turns = 0;
  auto spins = [&]() -> task<> {
    for (;; co_await checkpoint())
      if (++turns == 10) source.request_stop();
  };
  auto stopped = [&]() -> task<> { co_await with_stop(source.get_token(), spins()); };
  CHECK_THROWS_AS(rt.block_on(stopped()), operation_cancelled);
  CHECK(turns == 10);
}

TEST_CASE_FIXTURE(no_frames_left, "foreign: awaitables of other libraries resume the task at its home") {
  manual_runtime rt;
  auto& s = rt.scheduler();
  struct event {
    std::coroutine_handle<> waiting;
    struct awaiter {
      event& e;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> h) const noexcept { e.waiting = h; }
      int await_resume() const noexcept { return 6; }
    };
    awaiter operator co_await() noexcept { return {*this}; }
  };
  struct declines {
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
    int await_resume() const noexcept { return 1; }
  };
  struct transfers {
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) const noexcept { return h; }
    int await_resume() const noexcept { return 2; }
  };
  struct throws {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const { throw std::runtime_error{"refused"}; }
    void await_resume() const noexcept {}
  };
  event e;
  auto body = [&]() -> task<> {
    co_await resume_on(home::io);
    const int v = co_await e + co_await declines{} + co_await transfers{};
    CHECK(v == 9);
    CHECK(s.on(home::io));
    bool refused = false;
    try {
      co_await throws{};
    } catch (const std::runtime_error&) {
      refused = true;
    }
    CHECK(refused);
    co_await std::suspend_never{};
  };
  rt.spawn(body());
  rt.run_until_idle();
  REQUIRE(e.waiting);
  e.waiting.resume();
  rt.run_until_idle();
  CHECK(rt.tasks().ok == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "interval: ticks keep to their grid, missed ones are skipped") {
  manual_runtime rt;
  auto body = [&]() -> task<> {
    interval every{10ms};
    co_await every.tick();
    CHECK(rt.now().time_since_epoch() == 10ms);
    co_await sleep_for(25ms);
    co_await every.tick();
    CHECK(rt.now().time_since_epoch() == 40ms);
    co_await every.tick();
    CHECK(rt.now().time_since_epoch() == 50ms);
  };
  rt.block_on(body());
  CHECK_THROWS_AS(interval{0ms}, std::invalid_argument);
}
