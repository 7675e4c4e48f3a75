// A group's place in the world: deadlines, stops from outside, homes, context, and the bare form.
#include "coro/calls.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

#include <weir/context.hpp>
#include <weir/error.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/this_task.hpp>

using namespace coro_test;
using testing::manual_runtime;

TEST_CASE_FIXTURE(no_frames_left, "group: its deadline stops everything in it, and says so") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<> {
    for (int i = 0; i < 50; ++i) co_await group.spawn(call(g, 1s, i));
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{4}, .name = "g", .timeout = 30ms}, scope); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "weir: group 'g' timed out", operation_timed_out);
  CHECK(elapsed(rt) == 30);
  CHECK(g.started == 4);
  CHECK(rt.armed_timers() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "timeout: a child that ends at the very deadline is joined, not cancelled") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<int> {
    auto h = co_await group.spawn(call(g, 50ms, 3));
    co_await checkpoint();  // the child sleeps now
    co_return co_await with_timeout(50ms, std::move(h));
  };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{2}}, scope); };
  CHECK(rt.block_on(body()) == 3);
  CHECK(elapsed(rt) == 50);
}

TEST_CASE_FIXTURE(no_frames_left, "group: a stop from outside reaches children at every point, nothing is left") {
  for (const int at : {0, 1, 5, 9, 11, 19, 21, 29, 31, 39, 41, 45, 55}) {
    manual_runtime rt{{.seed = static_cast<std::uint64_t>(at)}};
    gauge g;
    auto scope = [&](task_group& group) -> task<int> {
      for (int i = 0; i < 8; ++i) co_await group.spawn(call(g, 10ms, i));
      auto h = co_await group.spawn(call(g, 20ms, 9));
      co_return co_await std::move(h);
    };
    auto grouped = [&]() -> task<int> { co_return co_await with_group({.limit = par{3}}, scope); };
    auto body = [&](int ms) -> task<int> { co_return co_await with_timeout(std::chrono::milliseconds{ms}, grouped()); };
    if (at < 40)  // 8 at 3: 0, 10, 20 and the last one at 20..40
      CHECK_THROWS_AS(rt.block_on(body(at)), operation_timed_out);
    else
      CHECK(rt.block_on(body(at)) == 9);
    CHECK(g.now == 0);
    CHECK(counted::alive == 0);
    CHECK(rt.armed_timers() == 0);
    const auto t = rt.tasks();
    CHECK(t.started == t.ok + t.failed + t.cancelled);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "group: children that ignore their stop are reported by name and still awaited") {
  manual_runtime rt;
  auto stubborn = []() -> task<> { co_await shield(sleep_for(3s)); };
  auto scope = [&](task_group& group) -> task<> {
    co_await group.spawn(stubborn(), "mule");
    CHECK(group.live() == 1);
    CHECK(std::string{group.names().at(0)} == "mule");
    group.cancel();
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{2}}, scope); };
  rt.block_on(body());
  CHECK(elapsed(rt) == 3000);
  REQUIRE(rt.reports(report_kind::uncancellable) == 1);
  CHECK(rt.reports()[0].name == "mule");
}

TEST_CASE_FIXTURE(no_frames_left, "group: children start on the given home, with the opener's context") {
  manual_runtime rt;
  static constexpr context_key<int> key{"key"};
  auto child = [&]() -> task<int> {
    const auto here = co_await current_runtime();
    CHECK(here.scheduler().on(home::io));
    co_return *co_await get_context(key);
  };
  auto scope = [&](task_group& group) -> task<int> {
    auto h = co_await group.spawn(child());
    const int v = co_await std::move(h);
    const auto here = co_await current_runtime();
    CHECK(here.scheduler().on(home::cpu));
    co_return v;
  };
  auto grouped = [&]() -> task<int> {
    co_return co_await with_group({.limit = par{2}, .children_on = home::io}, scope);
  };
  auto body = [&]() -> task<int> { co_return co_await with_context(key, 4, grouped()); };
  CHECK(rt.block_on(body()) == 4);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "group: the function's locals end before its children; parameters and captures after") {
  manual_runtime rt;
  struct mark {
    bool* ended;
    explicit mark(bool* at) noexcept : ended{at} {}
    mark(mark&& other) noexcept : ended{std::exchange(other.ended, nullptr)} {}
    ~mark() {
      if (ended != nullptr) *ended = true;
    }
  };
  bool local_ended = false, parameter_ended = false, capture_ended = false, looked = false;
  auto look = [&]() -> task<> {
    co_await sleep_for(1s);  // until the function has long returned
    looked = local_ended && !parameter_ended && !capture_ended;
  };
  auto scope = [&, captured = mark{&capture_ended}](task_group& group, mark parameter) -> task<> {
    const mark local{&local_ended};
    co_await group.spawn(look());
    CHECK(parameter.ended != nullptr);
    CHECK(captured.ended != nullptr);
  };
  auto body = [&]() -> task<> {
    mark given{&parameter_ended};
    co_await with_group({.limit = par{2}}, std::move(scope), std::move(given));
  };
  rt.block_on(body());
  CHECK(looked);
  CHECK(parameter_ended);
  CHECK(capture_ended);
}

TEST_CASE_FIXTURE(no_frames_left, "group: bare, it is joined by hand and closed then") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> {
    task_group group{co_await current_runtime(), {.limit = par{2}}};
    for (int i = 0; i < 4; ++i) co_await group.spawn(call(g, 10ms, i));
    co_await group.join();
    CHECK(g.finished == 4);
    bool closed = false;
    try {
      co_await group.spawn(call(g, 10ms, 0));
    } catch (const group_closed&) {
      closed = true;
    }
    CHECK(closed);
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 20);
}

TEST_CASE("group: a bare group destroyed unjoined terminates and lists its tasks") {
  int out[2];
  REQUIRE(::pipe(out) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDERR_FILENO);
    ::signal(SIGABRT, SIG_DFL);
    manual_runtime rt;
    gauge g;
    auto body = [&]() -> task<> {
      task_group group{co_await current_runtime(), {.limit = par{2}, .name = "orphans"}};
      co_await group.spawn(call(g, 10ms, 1), "lost");
    };
    rt.block_on(body());
    ::_exit(0);
  }
  ::close(out[1]);
  std::string said;
  char chunk[256];
  for (ssize_t n = 0; (n = ::read(out[0], chunk, sizeof chunk)) > 0;) said.append(chunk, static_cast<std::size_t>(n));
  ::close(out[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(said.find("orphans") != std::string::npos);
  CHECK(said.find("lost") != std::string::npos);
}
