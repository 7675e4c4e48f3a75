// The same promises as in the other files, with real threads: completions, stops, ends and joins race.
#include "coro/fixture.hpp"
#include "coro/threaded_scheduler.hpp"

#include <stop_token>

#include <weir/error.hpp>
#include <weir/offload.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/this_task.hpp>
#include <weir/timer.hpp>
#include <weir/when.hpp>

using namespace weir;
using namespace std::chrono_literals;
using coro_test::no_frames_left;
using coro_test::threaded_scheduler;

namespace {

constexpr int rounds = 300;

task<int> hop(int v) {
  co_await sleep_for(0ns);
  co_await resume_on(home::io);
  co_await sleep_for(0ns);
  co_await resume_on(home::cpu);
  co_return v;
}

/// Counts ends of leaf awaits, both ways.
struct tally {
  std::atomic<int> done{0}, cancelled{0};
};

task<> leaf(tally& t, std::chrono::nanoseconds d) {
  try {
    co_await sleep_for(d);
    t.done.fetch_add(1);
  } catch (const operation_cancelled&) {
    t.cancelled.fetch_add(1);
  }
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "race: an operation that completes while it is being started resumes its task once") {
  threaded_scheduler s{2};
  auto body = []() -> task<int> {
    int sum = 0;
    for (int i = 0; i < rounds; ++i) sum += co_await hop(1);
    co_return sum;
  };
  CHECK(s.block_on(body()) == rounds);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "race: a stop beside a completion: every leaf ends exactly once, one way or the other") {
  threaded_scheduler s{2};
  tally t;
  for (int i = 0; i < rounds; ++i) {
    std::stop_source source;
    auto body = [&]() -> task<> {
      co_await with_stop(source.get_token(), when_all(leaf(t, 0ns), leaf(t, 20us), leaf(t, 1h), hop(1)));
    };
    std::jthread stopper{[&] { source.request_stop(); }};
    try {
      s.block_on(body());
    } catch (const operation_cancelled&) {
    }
  }
  CHECK(t.done + t.cancelled == 3 * rounds);
}

TEST_CASE_FIXTURE(no_frames_left, "race: timeouts that expire while their work ends") {
  threaded_scheduler s{2};
  int ok = 0;
  int late = 0;
  auto body = [](int i) -> task<int> { co_return co_await with_timeout(std::chrono::microseconds{i % 40}, hop(1)); };
  for (int i = 0; i < rounds; ++i) {
    try {
      ok += s.block_on(body(i));
    } catch (const operation_timed_out&) {
      ++late;
    }
  }
  CHECK(ok + late == rounds);
}

TEST_CASE_FIXTURE(no_frames_left, "race: children of a group end, are joined and dropped on several threads") {
  threaded_scheduler s{3};
  auto scope = [](task_group& g) -> task<int> {
    int sum = 0;
    for (int i = 0; i < rounds; ++i) {
      auto kept = co_await g.spawn(hop(1));
      co_await g.spawn(hop(2));
      sum += co_await std::move(kept);
    }
    CHECK(g.peak() <= 4);
    co_return sum;
  };
  auto body = [&]() -> task<int> { co_return co_await with_group({.limit = par{4}}, scope); };
  CHECK(s.block_on(body()) == rounds);
  CHECK(s.started == s.ended);
  CHECK(s.started == 2 * rounds + 1);
}

TEST_CASE_FIXTURE(no_frames_left, "race: a group is cancelled while its children spawn, end and wait in line") {
  threaded_scheduler s{3};
  for (int i = 0; i < rounds; ++i) {
    std::stop_source source;
    auto nested = [](task_group& g) -> task<int> {
      for (int k = 0; k < 4; ++k) co_await g.spawn(hop(k));
      auto h = co_await g.spawn(hop(7));
      co_return co_await std::move(h);
    };
    auto inner = [&]() -> task<int> { co_return co_await with_group({.limit = par{2}}, nested); };
    auto scope = [&](task_group& g) -> task<> {
      for (int k = 0; k < 4; ++k) co_await g.spawn(inner());
    };
    auto grouped = [&]() -> task<> { co_await with_group({.limit = par{3}, .timeout = 1h}, scope); };
    auto body = [&]() -> task<> { co_await with_stop(source.get_token(), grouped()); };
    std::jthread stopper{[&] { source.request_stop(); }};
    try {
      s.block_on(body());
    } catch (const operation_cancelled&) {
    }
    REQUIRE(s.started == s.ended);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "race: when_all with a window starts the next child from whichever thread is free") {
  threaded_scheduler s{3};
  auto body = []() -> task<int> {
    std::vector<task<int>> calls;
    for (int i = 0; i < rounds; ++i) calls.push_back(hop(1));
    int sum = 0;
    for (const int v : co_await when_all(std::move(calls), par{8})) sum += v;
    co_return sum;
  };
  CHECK(s.block_on(body()) == rounds);
}

TEST_CASE_FIXTURE(no_frames_left, "race: calls on the arena and on blocking threads come home") {
  threaded_scheduler s{2};
  auto body = [&]() -> task<int> {
    int sum = 0;
    for (int i = 0; i < rounds; ++i) {
      sum += co_await on_cpu([](int v) { return v; }, 1);
      sum += co_await blocking([](int v) { return v; }, 1);
      if (!s.on(home::io)) co_return -1;
    }
    co_return sum;
  };
  CHECK(s.block_on(body(), home::io) == 2 * rounds);
}
