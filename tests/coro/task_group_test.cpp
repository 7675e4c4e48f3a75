#include "coro/calls.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weir/error.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>

using namespace coro_test;
using testing::manual_runtime;

TEST_CASE_FIXTURE(no_frames_left,
                  "group: awaiting spawn waits for admission: 100 calls of 10 ms at 16 take 70 ms, peak 16") {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    manual_runtime rt{{.seed = seed}};
    gauge g;
    auto fetch_all = [](task_group& group, gauge& calls) -> task<std::size_t> {
      for (int i = 0; i < 100; ++i) co_await group.spawn(call(calls, 10ms, i));
      co_return group.peak();
    };
    auto body = [&]() -> task<std::size_t> {
      co_return co_await with_group({.limit = par{16}, .name = "fetch"}, fetch_all, std::ref(g));
    };
    CHECK(rt.block_on(body()) == 16);
    CHECK(elapsed(rt) == 70);
    CHECK(g.peak == 16);
    CHECK(g.finished == 100);
    CHECK(rt.tasks().started == 101);
    CHECK(rt.tasks().ok == 101);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "group: awaiting the handle waits for the result; a dropped handle costs nothing") {
  manual_runtime rt;
  gauge g;
  auto boxed = [](int v) -> task<std::unique_ptr<int>> {
    co_await sleep_for(3ms);
    co_return std::make_unique<int>(v);
  };
  auto scope = [&](task_group& group) -> task<int> {
    auto a = co_await group.spawn(call(g, 20ms, 1));
    auto b = co_await group.spawn(call(g, 10ms, 2));
    co_await group.spawn(call(g, 50ms, 4));
    CHECK_FALSE(a.ready());
    auto c = co_await group.spawn(boxed(8));
    const int sum = co_await std::move(a) + co_await std::move(b) + *co_await std::move(c);
    CHECK(g.finished == 2);
    co_return sum;
  };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{8}}, scope); };
  CHECK(rt.block_on(body()) == 11);
  CHECK(g.finished == 3);
  CHECK(elapsed(rt) == 50);
}

TEST_CASE_FIXTURE(no_frames_left, "group: a handle may outlive its group") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<join_handle<int>> {
    auto h = co_await group.spawn(call(g, 20ms, 5));
    co_return h;
  };
  auto body = [&]() -> task<int> {
    auto h = co_await with_group({.limit = par{8}}, scope);
    CHECK(h.ready());
    co_return co_await std::move(h);
  };
  CHECK(rt.block_on(body()) == 5);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "group: the first failure cancels the siblings, all are awaited, later failures counted") {
  manual_runtime rt;
  gauge g;
  auto cleanup_fails = []() -> task<> {
    try {
      co_await sleep_for(1s);
    } catch (const operation_cancelled&) {
      throw std::runtime_error{"in clean-up"};
    }
  };
  auto scope = [&](task_group& group) -> task<> {
    for (int i = 0; i < 20; ++i) co_await group.spawn(call(g, 1s, i));
    co_await group.spawn(cleanup_fails());
    co_await group.spawn(fail_after(10ms, "first"));
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{100}}, scope); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "first", std::runtime_error);
  CHECK(elapsed(rt) == 10);
  CHECK(g.started == 20);
  CHECK(g.now == 0);
  CHECK(g.finished == 0);
  CHECK(counted::alive == 0);
  REQUIRE(rt.reports(report_kind::never_awaited) == 1);
  CHECK(rt.reports()[0].message.starts_with("1 failures"));
  const auto t = rt.tasks();
  CHECK(t.started == t.ok + t.failed + t.cancelled);
}

TEST_CASE_FIXTURE(no_frames_left, "group: keep_going lets siblings finish and throws the failure at the end") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<> {
    co_await group.spawn(fail_after(10ms, "early"));
    for (int i = 0; i < 5; ++i) co_await group.spawn(call(g, 100ms, i));
  };
  auto body = [&]() -> task<> {
    co_await with_group({.limit = par{8}, .on_failure = failure_policy::keep_going}, scope);
  };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "early", std::runtime_error);
  CHECK(g.finished == 5);
  CHECK(elapsed(rt) == 100);
}

TEST_CASE_FIXTURE(no_frames_left, "group: an exception of its own function cancels and awaits the children too") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<int> {
    co_await group.spawn(call(g, 1s, 1));
    co_await sleep_for(5ms);
    throw std::logic_error{"scope"};
    co_return 0;
  };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{8}}, scope); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "scope", std::logic_error);
  CHECK(elapsed(rt) == 5);
  CHECK(g.now == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "group: the failure of an awaited handle reaches the awaiter and is not counted twice") {
  manual_runtime rt;
  auto scope = [&](task_group& group) -> task<> {
    auto h = co_await group.spawn(fail_after(1ms, "child"));
    co_await shield(std::move(h));
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{8}}, scope); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "child", std::runtime_error);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left, "group: cancel() is no failure: the function's result still comes") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<int> {
    for (int i = 0; i < 4; ++i) co_await group.spawn(call(g, 1s, i));
    co_await sleep_for(10ms);
    group.cancel("enough");
    co_return 7;
  };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{8}}, scope); };
  CHECK(rt.block_on(body()) == 7);
  CHECK(elapsed(rt) == 10);
  CHECK(rt.tasks().cancelled == 4);
}

TEST_CASE_FIXTURE(no_frames_left, "group: its function, cancelled by cancel(), throws with the reason") {
  manual_runtime rt;
  auto scope = [&](task_group& group) -> task<> {
    group.cancel("enough");
    co_await sleep_for(1s);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{8}, .name = "g"}, scope); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "weir: group 'g': enough", operation_cancelled);
}

TEST_CASE_FIXTURE(no_frames_left, "group: spawns wait in line strictly FIFO, and a stopped spawner leaves the line") {
  manual_runtime rt;
  std::vector<int> order;
  auto child = [&](int i) -> task<> {
    order.push_back(i);
    co_await sleep_for(10ms);
  };
  auto spawner = [&](task_group& target, int i) -> task<> {
    co_await sleep_for(std::chrono::milliseconds{i});
    co_await target.spawn(child(i));
  };
  auto hasty = [&](task_group& target) -> task<> {
    try {
      co_await with_timeout(5ms, target.spawn(child(99)));
    } catch (const operation_timed_out&) {
    }
  };
  auto scope = [&](task_group& target) -> task<> {
    auto inner = [&](task_group& spawners) -> task<> {
      co_await target.spawn(child(0));
      co_await spawners.spawn(hasty(target));
      for (int i = 1; i < 6; ++i) co_await spawners.spawn(spawner(target, i));
      co_await sleep_for(7ms);
      CHECK(target.waiting() == 5);
    };
    co_await with_group({.limit = par{10}}, inner);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{1}}, scope); };
  rt.block_on(body());
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5});
  CHECK(elapsed(rt) == 60);
}

TEST_CASE_FIXTURE(no_frames_left, "group: a failure releases the spawner that waits for admission") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<> {
    co_await group.spawn(fail_after(10ms, "no"));
    co_await group.spawn(call(g, 1s, 1));
    co_await group.spawn(call(g, 1s, 2));
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{2}}, scope); };
  const auto unstarted = detail::never_awaited_tasks();
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "no", std::runtime_error);
  CHECK(g.started == 1);
  CHECK(detail::never_awaited_tasks() == unstarted);
}

TEST_CASE_FIXTURE(no_frames_left, "group: children may spawn siblings until the last has ended") {
  manual_runtime rt;
  int ran = 0;
  struct tree {
    static task<> node(task_group& g, int depth, int& count) {
      ++count;
      co_await sleep_for(1ms);
      for (int i = 0; depth > 0 && i < 2; ++i) co_await g.spawn(node(g, depth - 1, count));
    }
  };
  auto scope = [&](task_group& g) -> task<> { co_await g.spawn(tree::node(g, 5, ran)); };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{64}}, scope); };
  rt.block_on(body());
  CHECK(ran == 63);
}

TEST_CASE_FIXTURE(no_frames_left, "group: spawn after close fails") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<> {
    co_await group.spawn(call(g, 1ms, 1));
    group.close();
    co_await group.spawn(call(g, 1ms, 1));
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{2}}, scope); };
  CHECK_THROWS_AS(rt.block_on(body()), group_closed);
  CHECK(g.started == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "join_handle: awaiting an empty one says so") {
  manual_runtime rt;
  auto one = []() -> task<int> { co_return 1; };
  auto scope = [&](task_group& group) -> task<int> {
    join_handle<int> handle = co_await group.spawn(one());
    const int first = co_await std::move(handle);
    try {
      co_return first + co_await std::move(handle);  // NOLINT(bugprone-use-after-move): that is the point
    } catch (const std::invalid_argument&) {
      co_return first;
    }
  };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{1}}, scope); };
  CHECK(rt.block_on(body()) == 1);
}
