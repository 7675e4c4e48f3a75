// start(): a child that says when it is up.  spawn(limiter, ...): a child that holds a permit.
#include "coro/calls.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <weir/error.hpp>
#include <weir/limiter.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

task<> serve(started<int> ready, gauge& g, std::chrono::milliseconds needs) {
  co_await sleep_for(needs);
  ready(8080);
  static_cast<void>(co_await call(g, 100ms, 0));
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "start: goes on when the child is ready, with its value; the child runs on in the group") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<int> {
    const int port = co_await group.start<int>("server", serve, std::ref(g), 30ms);
    CHECK(elapsed(rt) == 30);
    CHECK(group.live() == 1);
    CHECK(std::string{group.names().at(0)} == "server");
    co_return port;
  };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{4}}, scope); };
  CHECK(rt.block_on(body()) == 8080);
  CHECK(elapsed(rt) == 130);
  CHECK(g.finished == 1);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left, "start: a failure before the child is ready is the starter's, not the group's") {
  manual_runtime rt;
  gauge g;
  auto refuses = [](started<int>) -> task<> {
    co_await sleep_for(5ms);
    throw std::runtime_error{"port in use"};
  };
  auto scope = [&](task_group& group) -> task<int> {
    auto sibling = co_await group.spawn(call(g, 50ms, 7));
    bool refused = false;
    try {
      static_cast<void>(co_await group.start<int>("server", refuses));
    } catch (const std::runtime_error& e) {
      refused = std::string{e.what()} == "port in use";
    }
    CHECK(refused);
    co_return co_await std::move(sibling);  // goes on undisturbed
  };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{4}}, scope); };
  CHECK(rt.block_on(body()) == 7);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left, "start: a failure after the child was ready is the group's") {
  manual_runtime rt;
  auto fails_later = [](started<> ready) -> task<> {
    ready();
    co_await sleep_for(5ms);
    throw std::runtime_error{"crashed"};
  };
  auto scope = [&](task_group& group) -> task<> {
    co_await group.start("server", fails_later);
    co_await sleep_for(1h);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{4}}, scope); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "crashed", std::runtime_error);
  CHECK(elapsed(rt) == 5);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left, "start: a child that ends without having been ready breaks the promise") {
  manual_runtime rt;
  auto silent = [](started<int>) -> task<> { co_await sleep_for(5ms); };
  auto scope = [&](task_group& group) -> task<int> { co_return co_await group.start<int>("silent", silent); };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{4}}, scope); };
  CHECK_THROWS_AS(rt.block_on(body()), broken_promise);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "start: when the starter is stopped, the child is stopped and awaited, the group goes on") {
  manual_runtime rt;
  gauge g;
  auto never_up = [](started<int>, gauge& of) -> task<> { static_cast<void>(co_await call(of, 1h, 0)); };
  auto scope = [&](task_group& group) -> task<int> {
    bool late = false;
    try {
      static_cast<void>(co_await with_timeout(20ms, group.start<int>("slow", never_up, std::ref(g))));
    } catch (const operation_timed_out&) {
      late = true;
    }
    CHECK(late);
    CHECK(g.now == 0);
    CHECK(group.live() == 0);
    auto h = co_await group.spawn(call(g, 10ms, 3));
    co_return co_await std::move(h);
  };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{4}}, scope); };
  CHECK(rt.block_on(body()) == 3);
  CHECK(elapsed(rt) == 30);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left, "start: ready said twice is an error") {
  manual_runtime rt;
  auto twice = [](started<int> ready) -> task<> {
    ready(1);
    ready(2);
    co_return;
  };
  auto scope = [&](task_group& group) -> task<> {
    const int port = co_await group.start<int>("twice", twice);
    CHECK(port == 1);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{4}}, scope); };
  CHECK_THROWS_AS(rt.block_on(body()), future_already_satisfied);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "spawn with a limiter: awaiting it waits for admission; 100 of 10 ms at 16 take 70 ms") {
  manual_runtime rt;
  gauge g;
  limiter lim{16};
  auto scope = [&](task_group& group) -> task<> {
    for (int i = 0; i < 100; ++i) co_await group.spawn(lim, call(g, 10ms, i));
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{1000}}, scope); };
  rt.block_on(body());
  CHECK(elapsed(rt) == 70);
  CHECK(g.peak == 16);
  CHECK(g.finished == 100);
  CHECK(lim.in_use() == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "spawn with a limiter: awaiting the handle waits for completion, which is serial in a loop") {
  manual_runtime rt;
  gauge g;
  limiter lim{16};
  auto scope = [&](task_group& group) -> task<> {
    for (int i = 0; i < 100; ++i) {
      auto h = co_await group.spawn(lim, call(g, 10ms, i));
      CHECK(co_await std::move(h) == i);
    }
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{1000}}, scope); };
  rt.block_on(body());
  CHECK(elapsed(rt) == 1000);
  CHECK(g.peak == 1);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "spawn with a limiter: the permit goes back when the child ends, though its handle is kept") {
  manual_runtime rt;
  gauge g;
  limiter lim{2};
  auto scope = [&](task_group& group) -> task<> {
    std::vector<join_handle<int>> kept;
    for (int i = 0; i < 6; ++i) kept.push_back(co_await group.spawn(lim, call(g, 10ms, i), "call"));
    co_await sleep_for(15ms);
    CHECK(lim.in_use() == 0);
    for (int i = 0; i < 6; ++i) CHECK(co_await std::move(kept[static_cast<std::size_t>(i)]) == i);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{100}}, scope); };
  rt.block_on(body());
  CHECK(g.peak == 2);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "spawn with a limiter: stopped while it waits, nothing is left and nothing was forgotten") {
  manual_runtime rt;
  gauge g;
  limiter lim{1};
  const auto unstarted = detail::never_awaited_tasks();
  auto scope = [&](task_group& group) -> task<> {
    for (int i = 0; i < 9; ++i) co_await group.spawn(lim, call(g, 10ms, i));
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{100}, .timeout = 25ms}, scope); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  CHECK(g.started == 3);
  CHECK(lim.in_use() == 0);
  CHECK(lim.waiting() == 0);
  CHECK(detail::never_awaited_tasks() == unstarted);
}
