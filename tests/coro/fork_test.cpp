// fork on testing::manual_runtime: one thread, so what runs when is exact.
#include "coro/fixture.hpp"

#include <weir/context.hpp>
#include <weir/detail/frames.hpp>
#include <weir/error.hpp>
#include <weir/fork.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/this_task.hpp>
#include <weir/timer.hpp>
#include <weir/when.hpp>

#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

using namespace weir;
using namespace std::chrono_literals;
using coro_test::counted;
using coro_test::elapsed;
using coro_test::no_frames_left;
using testing::manual_runtime;

namespace {

task<int> value(int v) { co_return v; }
task<> note(std::vector<int>& log, int v) {
  log.push_back(v);
  co_return;
}
task<int> value_after(std::chrono::milliseconds d, int v) {
  co_await sleep_for(d);
  co_return v;
}
task<int> fails(const char* what) {
  throw std::runtime_error{what};
  co_return 0;
}
task<int> fails_after(std::chrono::milliseconds d, const char* what) {
  co_await sleep_for(d);
  throw std::runtime_error{what};
  co_return 0;
}

task<long> fib(int n) {
  if (n < 2) co_return n;
  const auto [a, b] = co_await fork(call(fib, n - 1), call(fib, n - 2));
  co_return a + b;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "fork: results as a tuple: values, void as unit, references, move-only") {
  manual_runtime rt;
  int target = 7;
  const auto body = [](int& t) -> task<> {
    std::vector<int> log;
    const auto reference = [](int& r) -> task<int&> { co_return r; };
    const auto boxed = [](std::unique_ptr<int> p) -> task<std::unique_ptr<int>> { co_return p; };
    auto [v, nothing, r, p] =
        co_await fork(value(1), note(log, 5), call(reference, std::ref(t)), call(boxed, std::make_unique<int>(3)));
    static_assert(std::is_same_v<decltype(nothing), unit>);
    CHECK(v == 1);
    CHECK(log == std::vector{5});
    CHECK(&r == &t);
    CHECK(*p == 3);
    const auto one = co_await fork(value(9));
    static_assert(std::is_same_v<decltype(one), const std::tuple<int>>);
    CHECK(std::get<0>(one) == 9);
  };
  rt.block_on(body(target));
}

TEST_CASE_FIXTURE(no_frames_left, "fork: tasks, calls and lambdas are children; fork<N> calls one function N times") {
  manual_runtime rt;
  const auto body = []() -> task<int> {
    int base = 10;
    const auto lambda = [&base] { return value(base); };
    const auto [a, b, c] = co_await fork(value(1), call(value, 2), lambda);
    const auto square = [](std::size_t i) { return value(static_cast<int>(i * i)); };
    const std::array<int, 4> squares = co_await fork<4>(square);
    CHECK(squares == std::array{0, 1, 4, 9});
    co_return a + b + c;
  };
  CHECK(rt.block_on(body()) == 13);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: on one thread the children run in order, before the await returns") {
  manual_runtime rt;
  std::vector<int> log;
  const auto body = [](std::vector<int>& l) -> task<> {
    co_await fork(call(note, std::ref(l), 1), call(note, std::ref(l), 2), call(note, std::ref(l), 3));
    l.push_back(4);
  };
  rt.block_on(body(log));
  CHECK(log == std::vector{1, 2, 3, 4});
}

TEST_CASE_FIXTURE(no_frames_left, "fork: exactly one task per call") {
  manual_runtime rt;
  const auto before = detail::frames_made();
  CHECK(rt.block_on(fib(15)) == 610);
  CHECK(detail::frames_made() - before == 1973);  // 2 * fib(16) - 1
}

TEST_CASE_FIXTURE(no_frames_left, "fork: a child that waits does not hold up its siblings") {
  manual_runtime rt;
  const auto body = []() -> task<int> {
    const auto [a, b, c] = co_await fork(value_after(30ms, 1), call(value_after, 20ms, 2), value(3));
    co_return a + b + c;
  };
  CHECK(rt.block_on(body()) == 6);
  CHECK(elapsed(rt) == 30);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: a suspension deep in a tree lets every level's rest go on") {
  manual_runtime rt;
  struct tree {
    static task<int> grow(int depth) {
      if (depth == 0) co_return co_await value_after(10ms, 1);
      const auto [a, b, c] = co_await fork(call(grow, depth - 1), call(grow, depth - 1), call(value, 1));
      co_return a + b + c;
    }
  };
  CHECK(rt.block_on(tree::grow(6)) == 127);
  CHECK(elapsed(rt) == 10);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: a task may fork again after it was resumed") {
  manual_runtime rt;
  const auto body = []() -> task<int> {
    int sum = 0;
    for (int i = 0; i < 5; ++i) {
      const auto [a, b] = co_await fork(value_after(1ms, 1), call(value, 1));
      sum += a + b;
      const auto [c, d] = co_await fork(call(value, 1), call(value, 1));
      sum += c + d;
    }
    co_return sum;
  };
  const auto [x, y] =
      rt.block_on([](auto b) -> task<std::tuple<int, int>> { co_return co_await fork(b(), call(b)); }(body));
  CHECK(x + y == 40);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: the first exception is thrown after every child has ended") {
  manual_runtime rt;
  std::vector<int> log;
  const auto body = [](std::vector<int>& l) -> task<> {
    const auto late = [](std::vector<int>& ll) -> task<> {
      co_await sleep_for(50ms);
      ll.push_back(2);
    };
    try {
      co_await fork(fails("first"), call(note, std::ref(l), 1), call(late, std::ref(l)), fails_after(10ms, "second"));
    } catch (const std::runtime_error& e) {
      CHECK(std::string{e.what()} == "first");
      l.push_back(3);
    }
  };
  rt.block_on(body(log));
  CHECK(log == std::vector{1, 2, 3});
  CHECK(rt.reports(report_kind::never_awaited) == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: a callable that throws is a child that failed; the others still run") {
  manual_runtime rt;
  std::vector<int> log;
  const auto body = [](std::vector<int>& l) -> task<> {
    const auto cannot = []() -> task<int> { throw std::invalid_argument{"no task"}; };
    const auto really_cannot = [](bool sure) {
      if (sure) throw std::invalid_argument{"no task"};
      return value(1);
    };
    CHECK_THROWS_AS(co_await fork(call(really_cannot, true), call(note, std::ref(l), 1)), std::invalid_argument);
    CHECK_THROWS_AS(co_await fork(call(note, std::ref(l), 2), call(cannot)), std::invalid_argument);
  };
  rt.block_on(body(log));
  CHECK(log == std::vector{1, 2});
}

TEST_CASE_FIXTURE(no_frames_left, "fork: arguments, locals and results are destroyed exactly once") {
  manual_runtime rt;
  const auto body = []() -> task<int> {
    const auto child = [](counted c, std::chrono::milliseconds d) -> task<counted> {
      counted local{c.value + 1};
      if (d > 0ms) co_await sleep_for(d);
      co_return local;
    };
    const auto [a, b, c] =
        co_await fork(child(counted{1}, 0ms), call(child, counted{2}, 5ms), call(child, counted{3}, 0ms));
    co_return a.value + b.value + c.value;
  };
  CHECK(rt.block_on(body()) == 9);
  CHECK(counted::alive == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: children inherit stop, deadline and context") {
  manual_runtime rt;
  static constexpr context_key<int> key{"key"};
  const auto child = []() -> task<> {
    const int* v = co_await get_context(key);
    CHECK((v != nullptr && *v == 5));
    CHECK((co_await current_deadline()).time_since_epoch() == 20ms);
    CHECK_FALSE(co_await stop_requested());
    CHECK_THROWS_AS(co_await sleep_for(1h), operation_cancelled);
    CHECK(co_await stop_requested());
    throw operation_cancelled{};
  };
  const auto parent = [](auto c) -> task<> { co_await fork(call(c), call(c)); };
  const auto body = [](auto p, auto c) -> task<> {
    CHECK_THROWS_AS(co_await with_timeout(20ms, with_context(key, 5, p(c))), operation_timed_out);
  };
  rt.block_on(body(parent, child));
  CHECK(elapsed(rt) == 20);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: a child may change its home; the parent goes on at its own") {
  manual_runtime rt;
  const auto child = []() -> task<int> {
    co_await resume_on(home::io);
    co_return 1;
  };
  auto& s = rt.scheduler();
  const auto body = [&s](auto c) -> task<int> {
    const auto [a, b] = co_await fork(call(c), call(c));
    CHECK(s.on(home::cpu));
    co_return a + b;
  };
  CHECK(rt.block_on(body(child)) == 2);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: mixes with when_all, groups and plain awaits") {
  manual_runtime rt;
  const auto grouped = []() -> task<int> {
    int sum = 0;
    const auto fill = [](task_group& g, int& s) -> task<> {
      const auto add = [](int& out) -> task<> {
        const auto [a, b] = co_await fork(value_after(5ms, 1), value(2));
        out += a + b;
      };
      for (int i = 0; i < 3; ++i) co_await g.spawn(add(s));
    };
    co_await with_group({.limit = par{3}}, fill, std::ref(sum));
    co_return sum;
  };
  const auto all = []() -> task<int> {
    const auto [a, b] = co_await when_all(fib(5), value_after(5ms, 1));
    co_return static_cast<int>(a) + b;
  };
  const auto plain = []() -> task<int> { co_return co_await value(1) + co_await value(2); };
  const auto body = [](auto x, auto y, auto z) -> task<int> {
    const auto [a, b, c] = co_await fork(call(x), call(y), call(z));
    co_return a + b + c;
  };
  CHECK(rt.block_on(body(grouped, all, plain)) == 9 + 6 + 3);
  CHECK(elapsed(rt) == 5);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: a runtime that goes ends forks in flight") {
  const auto body = []() -> task<> {
    const auto forever = []() -> task<> { co_await sleep_for(1000h); };
    co_await fork(call(forever), call(forever), call(forever));
  };
  manual_runtime rt;
  rt.spawn(body());
  rt.run_until_idle();
}

TEST_CASE_FIXTURE(no_frames_left, "fork: under every seed the same result") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    testing::manual_options options;
    options.seed = seed;
    manual_runtime rt{options};
    struct tree {
      static task<int> grow(int depth) {
        if (depth == 0) co_return 1;
        if (depth % 2 == 0) co_await sleep_for(std::chrono::milliseconds{depth});
        const auto [a, b] = co_await fork(call(grow, depth - 1), call(grow, depth - 1));
        co_return a + b;
      }
    };
    CHECK(rt.block_on(tree::grow(7)) == 128);
  }
}
