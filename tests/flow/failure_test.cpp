// Failure, cancellation and time (FLOW rows 36 to 41 and 52, cases 35 and 38), exactly, in virtual time.
#include "coro/calls.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <weir/channel.hpp>
#include <weir/error.hpp>
#include <weir/io/fd.hpp>
#include <weir/limiter.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/testing/memory_io.hpp>
#include <weir/this_task.hpp>
#include <weir/when.hpp>

using namespace coro_test;
using testing::make_connection;
using testing::manual_runtime;
using testing::memory_stream;

namespace {

/// A server that answers after `delay`, or sees its client go.
task<> serve(memory_stream stream, std::chrono::milliseconds delay, int& answered, int& gone) {
  std::array<std::byte, 16> room;
  if (co_await stream.read_some(room) == 0) co_return;
  auto [first, value] = co_await race(sleep_for(delay), stream.read_some(room));
  static_cast<void>(value);
  if (first == 1) {
    ++gone;  // the client's end of the stream came before the answer
    co_return;
  }
  co_await stream.write_all(bytes_of("ok"));
  ++answered;
}

task<int> ask(memory_stream stream, int id) {
  co_await stream.write_all(bytes_of("?"));
  std::array<std::byte, 16> room;
  if (co_await stream.read_some(room) == 0) throw std::runtime_error{"no answer"};
  co_return id;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "failure: 100 tasks, #3 fails at 10 ms: back at 10 ms with nobody running [row 36]") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> {
    std::vector<task<int>> many;
    for (int i = 0; i < 100; ++i) many.push_back(i == 3 ? fail_after(10ms, "#3") : call(g, 1s, i));
    co_await when_all(std::move(many), par{100});
  };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "#3", std::runtime_error);
  CHECK(elapsed(rt) == 10);
  CHECK(g.started == 99);
  CHECK(g.now == 0);
  CHECK(rt.armed_timers() == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "failure: a race against ten servers: one answers, nine see their client go [row 38]") {
  manual_runtime rt;
  int answered = 0, gone = 0;
  auto scope = [&](task_group& group) -> task<std::size_t> {
    std::vector<task<int>> asking;
    for (int i = 0; i < 10; ++i) {
      auto both = make_connection(rt);
      co_await group.spawn(serve(std::move(both.server), i == 4 ? 10ms : 10s, answered, gone));
      asking.push_back(ask(std::move(both.client), i));
    }
    co_return (co_await race(std::move(asking), par{10})).index;
  };
  auto body = [&]() -> task<std::size_t> { co_return co_await with_group({.limit = par{16}}, scope); };
  CHECK(rt.block_on(body()) == 4);
  CHECK(elapsed(rt) == 10);
  CHECK(answered == 1);
  CHECK(gone == 9);
}

TEST_CASE_FIXTURE(no_frames_left, "failure: 10,000 parked operations of every kind are cancelled at once [row 39]") {
  manual_runtime rt;
  channel<int> empty{1}, full{1};
  limiter taken{1};
  std::vector<testing::memory_pipe> pipes;
  int resumed = 0;
  auto parked = [&](int i) -> task<> {
    struct note {
      int& n;
      ~note() { ++n; }
    } const at_end{resumed};
    std::array<std::byte, 4> room;
    switch (i % 5) {
      case 0:
        co_return co_await sleep_for(1h);
      case 1:
        static_cast<void>(co_await empty.receive());
        co_return;
      case 2:
        co_return co_await full.send(i);
      case 3: {
        const permit p = co_await taken.acquire();
        co_return;
      }
      default:
        static_cast<void>(co_await pipes[static_cast<std::size_t>(i / 5)].reader.read_some(room));
    }
  };
  auto scope = [&](task_group& group) -> task<> {
    const permit mine = co_await taken.acquire();
    co_await full.send(0);
    for (int i = 0; i < 10'000; ++i) {
      if (i % 5 == 4) pipes.push_back(testing::make_pipe(rt));
      co_await group.spawn(parked(i));
    }
    co_await sleep_for(1ms);
    CHECK(group.live() == 10'000);
    CHECK(resumed == 0);
    group.cancel("enough");
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{10'000}}, scope); };
  pipes.reserve(2000);
  rt.block_on(body());
  CHECK(resumed == 10'000);
  CHECK(elapsed(rt) == 1);
  CHECK(rt.armed_timers() == 0);
  CHECK(taken.waiting() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "time: three backends, one hangs: 200 ms, and its connection is closed [row 40]") {
  manual_runtime rt;
  int answered = 0, gone = 0;
  auto scope = [&](task_group& group) -> task<> {
    std::vector<task<int>> calls;
    for (int i = 0; i < 3; ++i) {
      auto both = make_connection(rt);
      co_await group.spawn(serve(std::move(both.server), i == 2 ? 1h : 50ms, answered, gone));
      calls.push_back(detail::as_task(with_timeout(200ms, ask(std::move(both.client), i))));
    }
    const auto all = co_await when_all_settled(std::move(calls), par{3});
    CHECK(*all[0] == 0);
    CHECK(*all[1] == 1);
    CHECK_THROWS_AS(static_cast<void>(all[2].value()), operation_timed_out);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{8}}, scope); };
  rt.block_on(body());
  CHECK(elapsed(rt) == 200);
  CHECK(answered == 2);
  CHECK(gone == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "time: a group's deadline is the earliest around it: 100/50/200 end at 50 [row 41]") {
  manual_runtime rt;
  detail::time_point sent_downstream{};
  auto innermost = [&](task_group& group) -> task<> {
    auto request = [&]() -> task<> {
      sent_downstream = co_await current_deadline();
      co_await sleep_for(1h);
    };
    co_await group.spawn(request());
  };
  auto middle = [&](task_group&) -> task<> {
    co_await with_group({.limit = par{1}, .name = "200", .timeout = 200ms}, innermost);
  };
  auto outer = [&](task_group&) -> task<> {
    co_await with_group({.limit = par{1}, .name = "50", .timeout = 50ms}, middle);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{1}, .name = "100", .timeout = 100ms}, outer); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "weir: group '50' timed out", operation_timed_out);
  CHECK(elapsed(rt) == 50);
  CHECK(sent_downstream == detail::time_point{} + 50ms);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "time: a group gives what is ready at its deadline, and takes any deadline [case 38]") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    manual_runtime rt{{.seed = seed}};
    gauge g;
    auto at_the_deadline = [&](task_group&) -> task<int> { co_return co_await call(g, 50ms, 7); };
    auto body = [&](std::chrono::nanoseconds limit) -> task<int> {
      co_return co_await with_group({.limit = par{1}, .timeout = limit}, at_the_deadline);
    };
    CHECK(rt.block_on(body(50ms)) == 7);
    CHECK(rt.block_on(body(std::chrono::nanoseconds::max())) == 7);
    CHECK(rt.block_on(body(std::chrono::nanoseconds::max() - 1ns)) == 7);
    CHECK_THROWS_AS(rt.block_on(body(-1s)), operation_timed_out);
    auto ready = [](task_group&) -> task<int> { co_return 3; };
    auto past = [&]() -> task<int> { co_return co_await with_group({.limit = par{1}, .timeout = -1s}, ready); };
    CHECK(rt.block_on(past()) == 3);  // polled once
  }
}

TEST_CASE_FIXTURE(no_frames_left, "time: a time-out inside a group is a failure of its child, not the group's own") {
  manual_runtime rt;
  auto inner = []() -> task<> { co_await with_timeout(10ms, sleep_for(1h)); };
  auto scope = [&](task_group& group) -> task<> { co_await group.spawn(inner()); };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{1}, .name = "outer", .timeout = 1s}, scope); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "weir: operation timed out after 10 ms", operation_timed_out);
  CHECK(elapsed(rt) == 10);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "cancel: a stop of the parent reaches every combinator's children; all are awaited [case 35]") {
  for (int kind = 0; kind < 4; ++kind) {
    manual_runtime rt{{.seed = static_cast<std::uint64_t>(kind)}};
    gauge g;
    auto all_of = [&]() -> task<> {
      std::vector<task<int>> calls;
      for (int i = 0; i < 5; ++i) calls.push_back(call(g, 1h, i));
      if (kind == 0) static_cast<void>(co_await when_all(std::move(calls), par{5}));
      if (kind == 1) static_cast<void>(co_await when_any(std::move(calls), par{5}));
      if (kind == 2) static_cast<void>(co_await race(std::move(calls), par{5}));
      if (kind == 3) {
        const auto each = co_await when_all_settled(std::move(calls), par{5});
        CHECK(std::ranges::all_of(each, [](const auto& e) { return e.cancelled(); }));
        co_await checkpoint();  // the next await: now it shows
      }
    };
    std::stop_source source;
    auto body = [&]() -> task<> { co_await with_stop(source.get_token(), all_of()); };
    rt.spawn(body());
    rt.advance(1ms);
    CHECK(g.now == 5);
    source.request_stop();
    rt.run_until_idle();
    CHECK(g.now == 0);
    CHECK(rt.tasks().cancelled == 1);
    CHECK(rt.armed_timers() == 0);
  }
}

TEST_CASE_FIXTURE(no_frames_left,
                  "forgotten: an unstarted task and an unread error are reported once each, with their site [row 52]") {
  manual_runtime rt;
  gauge g;
  auto forgets = [&]() -> task<> {
    {
      [[maybe_unused]] auto dropped = call(g, 1ms, 1);
    }
    co_return;
  };
  rt.block_on(forgets());
  REQUIRE(rt.reports(report_kind::never_awaited) == 1);
  CHECK(rt.reports()[0].message.find("calls.hpp:") != std::string::npos);
  auto fails = []() -> task<> {
    co_await sleep_for(1ms);
    throw std::runtime_error{"unread"};
  };
  rt.spawn(fails(), "forgotten");
  rt.advance(1ms);
  REQUIRE(rt.reports(report_kind::unhandled_exception) == 1);
  CHECK(rt.reports()[1].name == "forgotten");
  CHECK(rt.reports().size() == 2);
}
