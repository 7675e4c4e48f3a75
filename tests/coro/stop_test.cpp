#include "coro/fixture.hpp"

#include <stop_token>
#include <thread>

#include <weir/error.hpp>
#include <weir/stop.hpp>
#include <weir/this_task.hpp>
#include <weir/timer.hpp>

using namespace weir;
using namespace std::chrono_literals;
using coro_test::counted;
using coro_test::elapsed;
using coro_test::no_frames_left;
using testing::manual_runtime;

namespace {

template <class D>
task<int> after(D d, int v) {
  const counted local;
  co_await sleep_for(d);
  co_return v;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "timeout: work that is too slow is cancelled, awaited, and throws operation_timed_out") {
  manual_runtime rt;
  auto body = []() -> task<int> { co_return co_await with_timeout(50ms, after(200ms, 1)); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "weir: operation timed out after 50 ms", operation_timed_out);
  CHECK(elapsed(rt) == 50);
  CHECK(counted::alive == 0);
  CHECK(rt.armed_timers() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "timeout: work in time gives its result and leaves no timer behind") {
  manual_runtime rt;
  auto body = []() -> task<int> { co_return co_await with_timeout(200ms, after(50ms, 7)); };
  CHECK(rt.block_on(body()) == 7);
  CHECK(elapsed(rt) == 50);
  CHECK(rt.armed_timers() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "timeout: a result that is ready at the deadline wins") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    manual_runtime rt{{.seed = seed}};
    auto body = []() -> task<int> { co_return co_await with_timeout(50ms, after(50ms, 7)); };
    CHECK(rt.block_on(body()) == 7);
  }
}

TEST_CASE_FIXTURE(no_frames_left,
                  "timeout: a deadline in the past runs the work once; ready wins, waiting is cancelled") {
  manual_runtime rt{{.start = detail::time_point{} + 1h}};
  auto ready = []() -> task<int> { co_return 7; };
  auto body = [](auto make, manual_runtime& r) -> task<int> { co_return co_await with_deadline(r.now() - 1s, make()); };
  CHECK(rt.block_on(body(ready, rt)) == 7);
  int reached = 0;
  auto waits = [&reached]() -> task<int> {
    ++reached;
    co_await sleep_for(1ms);
    ++reached;
    co_return 1;
  };
  CHECK_THROWS_AS(rt.block_on(body(waits, rt)), operation_timed_out);
  CHECK(reached == 1);
  auto yields = []() -> task<int> {
    co_await checkpoint();  // a suspension: the stop is there before it goes on
    co_return 7;
  };
  CHECK_THROWS_AS(rt.block_on(body(yields, rt)), operation_timed_out);
  auto negative = []() -> task<int> { co_return co_await with_timeout(-5s, after(1ms, 7)); };
  CHECK_THROWS_AS(rt.block_on(negative()), operation_timed_out);
}

TEST_CASE_FIXTURE(no_frames_left, "timeout: limits too large to add mean none") {
  manual_runtime rt;
  auto body = []() -> task<int> {
    const int a = co_await with_timeout(std::chrono::nanoseconds::max(), after(1ms, 1));
    const int b = co_await with_timeout(std::chrono::hours::max(), after(1ms, 2));
    const int c = co_await with_deadline(std::chrono::steady_clock::time_point::max(), after(1ms, 3));
    co_return a + b + c;
  };
  CHECK(rt.block_on(body()) == 6);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "timeout: nested 100/50/200 ends at 50, and the scope whose deadline it was says so") {
  manual_runtime rt;
  int inner_cancelled = 0;
  auto slow = [&]() -> task<int> {
    CHECK(rt.armed_timers() == 2);  // 100 and 50: a deadline that an outer one precedes arms none
    co_return co_await after(1s, 1);
  };
  auto innermost = [&]() -> task<int> {
    CHECK(co_await current_deadline() == detail::time_point{} + 50ms);
    try {
      co_return co_await with_timeout(200ms, slow());
    } catch (const operation_cancelled&) {
      ++inner_cancelled;
      throw;
    }
  };
  auto middle = [&]() -> task<int> { co_return co_await with_timeout(50ms, innermost()); };
  auto body = [&]() -> task<int> {
    try {
      co_return co_await with_timeout(100ms, middle());
    } catch (const operation_timed_out& e) {
      CHECK(std::string{e.what()} == "weir: operation timed out after 50 ms");
      throw;
    }
  };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  CHECK(elapsed(rt) == 50);
  CHECK(inner_cancelled == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "timeout: an outer deadline is not mistaken for the inner one") {
  manual_runtime rt;
  int mistaken = 0;
  auto inner = [&]() -> task<int> {
    try {
      co_return co_await with_timeout(200ms, after(1s, 1));
    } catch (const operation_timed_out&) {
      ++mistaken;
    }
    co_return 0;
  };
  auto body = [&]() -> task<int> { co_return co_await with_timeout(50ms, inner()); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  CHECK(mistaken == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "timeout: a timeout the work throws itself passes through unchanged") {
  manual_runtime rt;
  auto throws = []() -> task<> {
    co_await sleep_for(1ms);
    throw operation_timed_out{"the user's own"};
  };
  auto body = [&]() -> task<> { co_await with_timeout(50ms, throws()); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "the user's own", operation_timed_out);
}

TEST_CASE_FIXTURE(no_frames_left, "timeout: work that ignores its cancellation is reported by name and still awaited") {
  manual_runtime rt;
  auto stubborn = []() -> task<int> {
    co_await shield(sleep_for(5s));
    co_return 9;
  };
  auto body = [&]() -> task<int> { co_return co_await with_timeout(100ms, stubborn()); };
  CHECK(rt.block_on(body()) == 9);  // delivery beats cancellation
  CHECK(elapsed(rt) == 5000);
  REQUIRE(rt.reports(report_kind::uncancellable) == 1);
  CHECK(rt.armed_timers() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "timeout: takes any awaitable, not only tasks") {
  manual_runtime rt;
  auto body = []() -> task<> { co_await with_timeout(10ms, sleep_for(1s)); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  auto nested = []() -> task<> { co_await with_timeout(10ms, with_timeout(20ms, sleep_for(1s))); };
  CHECK_THROWS_AS(rt.block_on(nested()), operation_timed_out);
}

TEST_CASE_FIXTURE(no_frames_left, "stop: a std::stop_token ends the leaf await in progress and every later one") {
  manual_runtime rt;
  std::stop_source source;
  int cancelled = 0;
  auto work = [&]() -> task<> {
    for (int i = 0; i < 3; ++i) {
      try {
        co_await sleep_for(1h);
      } catch (const operation_cancelled&) {
        ++cancelled;
      }
      CHECK(co_await stop_requested());
    }
  };
  auto body = [&]() -> task<> { co_await with_stop(source.get_token(), work()); };
  rt.spawn(body());
  rt.run_until_idle();
  CHECK(rt.armed_timers() == 1);
  source.request_stop();
  rt.run_until_idle();
  CHECK(cancelled == 3);
  CHECK(rt.armed_timers() == 0);
  CHECK(rt.tasks().ok == 1);
  CHECK(elapsed(rt) == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "stop: a token stopped before the await starts no operation") {
  manual_runtime rt;
  std::stop_source source;
  source.request_stop();
  auto body = [&]() -> task<> { co_await with_stop(source.get_token(), sleep_for(1h)); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_cancelled);
  CHECK(rt.armed_timers() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "stop: cancelled at every suspension point in turn, everything unwinds") {
  for (int at = 0; at <= 6; ++at) {
    manual_runtime rt;
    std::stop_source source;
    int passed = 0;
    auto step = [&](int i) -> task<counted> {
      const counted local{i};
      co_await sleep_for(10ms);
      ++passed;
      co_return local;
    };
    auto work = [&]() -> task<int> {
      const counted local;
      int sum = 0;
      for (int i = 0; i < 5; ++i) {
        const counted c = co_await with_timeout(1s, step(i));
        sum += c.value;
      }
      co_return sum;
    };
    auto body = [&]() -> task<> { static_cast<void>(co_await with_stop(source.get_token(), work())); };
    rt.spawn(body());
    rt.advance(5ms);
    for (int i = 0; i < at; ++i) rt.advance(10ms);
    source.request_stop();
    rt.run_until_idle();
    CHECK(passed == std::min(at, 5));
    CHECK(counted::alive == 0);
    CHECK(rt.armed_timers() == 0);
    const auto t = rt.tasks();
    CHECK(t.started == t.ok + t.cancelled);
    CHECK(t.ok == (at >= 5 ? 1 : 0));
  }
}

TEST_CASE_FIXTURE(no_frames_left, "shield: work inside is out of reach of stops from outside") {
  manual_runtime rt;
  bool flushed = false;
  auto flush = [&]() -> task<> {
    co_await sleep_for(100ms);
    flushed = true;
  };
  auto work = [&]() -> task<> {
    bool stopped = false;
    try {
      co_await sleep_for(1h);
    } catch (const operation_cancelled&) {
      stopped = true;
    }
    if (stopped) co_await shield(flush());
    throw operation_cancelled{};
  };
  auto body = [&]() -> task<> { co_await with_timeout(10ms, work()); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  CHECK(flushed);
  CHECK(elapsed(rt) == 110);
}

TEST_CASE_FIXTURE(no_frames_left, "shield: clean-up with a time of its own is stopped by that alone") {
  manual_runtime rt;
  auto cleans_up = [](std::chrono::milliseconds needs) -> task<> {
    bool stopped = false;
    try {
      co_await sleep_for(1h);
    } catch (const operation_cancelled&) {
      stopped = true;
    }
    if (stopped) co_await shield(50ms, sleep_for(needs));
    throw operation_cancelled{};
  };
  auto body = [&](std::chrono::milliseconds needs) -> task<> { co_await with_timeout(10ms, cleans_up(needs)); };
  CHECK_THROWS_WITH_AS(rt.block_on(body(40ms)), "weir: operation timed out after 10 ms", operation_timed_out);
  CHECK(elapsed(rt) == 50);
  CHECK_THROWS_WITH_AS(rt.block_on(body(10s)), "weir: operation timed out after 50 ms", operation_timed_out);
  CHECK(elapsed(rt) == 110);
  auto until = [&]() -> task<int> { co_return co_await shield(rt.now() + 5ms, after(1s, 1)); };
  CHECK_THROWS_AS(rt.block_on(until()), operation_timed_out);
  CHECK(elapsed(rt) == 115);
}

TEST_CASE_FIXTURE(no_frames_left, "stop: work that ignores its token is reported by name after the grace time") {
  manual_runtime rt;
  std::stop_source source;
  auto body = [&]() -> task<> { co_await with_stop(source.get_token(), shield(sleep_for(5s))); };
  rt.spawn(body());
  rt.run_until_idle();
  source.request_stop();
  rt.advance(999ms);
  CHECK(rt.reports().empty());
  rt.advance(1ms);
  REQUIRE(rt.reports(report_kind::uncancellable) == 1);
  CHECK_FALSE(rt.reports()[0].name.empty());
  rt.advance(1h);
  CHECK(rt.tasks().ok == 1);
  CHECK(rt.armed_timers() == 0);
}

TEST_CASE("stop_state: a stop and a removal race: the node is called at most once and never after remove()") {
  for (int round = 0; round < 500; ++round) {
    struct probe : detail::stop_node {
      probe() noexcept
          : stop_node{[](stop_node& n) noexcept {
              auto& me = static_cast<probe&>(n);
              if (me.removed.load()) me.late = true;
              me.calls.fetch_add(1);
              if (me.removed.load()) me.late = true;
            }} {}
      std::atomic<int> calls{0};
      std::atomic<bool> removed{false};
      std::atomic<bool> late{false};
    };
    detail::stop_state parent;
    detail::stop_state child;
    child.attach(&parent);
    probe a;
    probe b;
    REQUIRE(child.add(a));
    REQUIRE(child.add(b));
    std::atomic<int> ready{0};
    auto meet = [&ready] {
      ready.fetch_add(1);
      while (ready.load() < 2) std::this_thread::yield();
    };
    std::jthread stopper{[&] {
      meet();
      parent.request_stop(detail::stop_reason::cancelled);
    }};
    meet();
    child.remove(a);
    a.removed.store(true);
    stopper.join();
    child.remove(b);
    REQUIRE(a.calls.load() <= 1);
    REQUIRE(b.calls.load() == 1);
    REQUIRE_FALSE(a.late.load());
    REQUIRE(child.reason() == detail::stop_reason::cancelled);
  }
}

TEST_CASE("stop_state: remove() on another thread waits until the node's call has returned") {
  struct slow_node : detail::stop_node {
    slow_node() noexcept
        : stop_node{[](stop_node& n) noexcept {
            auto& me = static_cast<slow_node&>(n);
            me.called.store(true);
            while (!me.removing.load()) std::this_thread::yield();
            for (int i = 0; i < 2000; ++i) std::this_thread::yield();  // time for a remove() that does not wait
            me.returned.store(true);
          }} {}
    std::atomic<bool> called{false}, removing{false}, returned{false};
  } node;
  detail::stop_state state;
  REQUIRE(state.add(node));
  std::jthread stopper{[&] { state.request_stop(detail::stop_reason::cancelled); }};
  while (!node.called.load()) std::this_thread::yield();
  node.removing.store(true);
  state.remove(node);
  CHECK(node.returned.load());
}

TEST_CASE("stop_state: a node may remove itself, and others, from inside its call") {
  struct chained : detail::stop_node {
    chained(detail::stop_state& s, stop_node& o) noexcept
        : stop_node{[](stop_node& n) noexcept {
            auto& me = static_cast<chained&>(n);
            me.state->remove(me);
            me.state->remove(*me.other);
          }},
          state{&s},
          other{&o} {}
    detail::stop_state* state;
    stop_node* other;
  };
  static int calls = 0;
  detail::stop_state state;
  detail::stop_node second{[](detail::stop_node&) noexcept { ++calls; }};
  chained first{state, second};
  REQUIRE(state.add(second));
  REQUIRE(state.add(first));  // called first: the newest
  state.request_stop(detail::stop_reason::cancelled);
  CHECK(calls == 0);
}
