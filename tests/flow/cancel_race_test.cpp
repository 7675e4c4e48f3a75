// A stop against a delivery, on the real runtime: exactly one of them wins, and nothing is lost either way. 20,000
// rounds each; WEIR_STRESS=50 makes a million of them.
#include "coro/fixture.hpp"

#include <atomic>
#include <optional>
#include <stop_token>

#include <weir/channel.hpp>
#include <weir/error.hpp>
#include <weir/limiter.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/this_task.hpp>
#include <weir/timer.hpp>
#include <weir/when.hpp>

#include "support/stderr_reports.hpp"
#include "support/stress.hpp"

using namespace weir;
using namespace std::chrono_literals;
using coro_test::no_frames_left;
namespace stress = weir_test::stress;

namespace {

/// Stops the token of each round, on another task than the one that waits and the one that delivers.
task<> stop_each(channel<std::stop_source>& rounds) {
  while (auto source = co_await rounds.receive()) source->request_stop();
}

struct tally {
  int delivered = 0, stopped = 0, wrong = 0;
};

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "cancel against deliver: a channel's item arrives or stays, never both, never neither") {
  runtime rt{{.threads = 2}};
  const int rounds = stress::rounds(20'000);
  channel<int> items{1};
  channel<int> go{1};
  channel<std::stop_source> stops{1};
  auto deliver = [&]() -> task<> {
    while (const auto round = co_await go.receive()) co_await items.send(*round);
  };
  auto receive = [&]() -> task<tally> {
    tally t;
    for (int i = 0; i < rounds; ++i) {
      std::stop_source source;
      co_await stops.send(source);
      co_await go.send(i);
      std::optional<int> got;
      try {
        got = co_await with_stop(source.get_token(), items.receive());
        ++t.delivered;
      } catch (const operation_cancelled&) {
        ++t.stopped;
      }
      if (!got) got = co_await items.receive();  // it was not lost
      if (got != i) ++t.wrong;
    }
    go.close();
    stops.close();
    co_return t;
  };
  auto scope = [&](task_group& group) -> task<tally> {
    co_await group.spawn(deliver());
    co_await group.spawn(stop_each(stops));
    co_return co_await receive();
  };
  auto body = [&]() -> task<tally> { co_return co_await with_group({.limit = par{4}}, scope); };
  const tally t = rt.block_on(body());
  CHECK(t.delivered + t.stopped == rounds);
  CHECK(t.wrong == 0);
  CHECK(items.stats().accepted == items.stats().received);
}

TEST_CASE_FIXTURE(no_frames_left, "cancel against deliver: a limiter's permit is granted or stays, and all are back") {
  runtime rt{{.threads = 2}};
  const int rounds = stress::rounds(20'000);
  limiter lim{1};
  channel<int> go{1};
  channel<int> held{1};
  channel<std::stop_source> stops{1};
  auto hold = [&]() -> task<> {
    while (const auto round = co_await go.receive()) {
      permit p = co_await lim.acquire();
      co_await held.send(*round);
      p.release();  // beside the stop
    }
  };
  auto acquire = [&]() -> task<tally> {
    tally t;
    for (int i = 0; i < rounds; ++i) {
      co_await go.send(i);
      if (co_await held.receive() != i) ++t.wrong;
      std::stop_source source;
      co_await stops.send(source);
      auto take = [&]() -> task<> { const permit p = co_await lim.acquire(); };
      try {
        co_await with_stop(source.get_token(), take());
        ++t.delivered;
      } catch (const operation_cancelled&) {
        ++t.stopped;
      }
    }
    go.close();
    stops.close();
    co_return t;
  };
  auto scope = [&](task_group& group) -> task<tally> {
    co_await group.spawn(hold());
    co_await group.spawn(stop_each(stops));
    co_return co_await acquire();
  };
  auto body = [&]() -> task<tally> { co_return co_await with_group({.limit = par{4}}, scope); };
  const tally t = rt.block_on(body());
  CHECK(t.delivered + t.stopped == rounds);
  CHECK(t.wrong == 0);
  CHECK(lim.in_use() == 0);
  CHECK(lim.waiting() == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "cancel against deliver: one of two that end together wins a race, the other is awaited") {
  weir_test::expect_stderr_reports();  // a loser may fail, too
  runtime rt{{.threads = 2}};
  const int rounds = stress::rounds(20'000);
  std::atomic<int> running{0};
  auto contend = [&](int hops) -> task<int> {
    ++running;
    struct leave {
      std::atomic<int>& n;
      ~leave() { --n; }
    } const out{running};
    for (int i = 0; i < hops; ++i) co_await checkpoint();
    co_return hops;
  };
  auto body = [&]() -> task<tally> {
    tally t;
    for (int i = 0; i < rounds; ++i) {
      const std::chrono::microseconds limit{i % 7};  // may come first: then the winner is a failure
      try {
        const auto first = co_await race(contend(i % 3), contend(1), with_timeout(limit, contend(1)));
        if (first.index > 2) ++t.wrong;
        ++t.delivered;
      } catch (const operation_timed_out&) {
        ++t.stopped;
      }
      if (running.load() != 0) ++t.wrong;
    }
    co_return t;
  };
  const tally t = rt.block_on(body());
  CHECK(t.delivered + t.stopped == rounds);
  CHECK(t.wrong == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "race: losers that end as soon as they are stopped hardly ever cost a timer") {
  runtime rt{{.threads = 1}};
  channel<int> never{1};
  auto loses = [&]() -> task<int> { co_return *co_await never.receive(); };
  auto wins = []() -> task<int> {
    co_await checkpoint();
    co_return 1;
  };
  auto body = [&]() -> task<int> {
    int sum = 0;
    for (int i = 0; i < 1000; ++i) sum += (co_await race(loses(), wins(), loses())).value;
    co_return sum;
  };
  CHECK(rt.block_on(body()) == 1000);
  CHECK(rt.stats().io_submitted < 250);  // now and then a worker looks elsewhere first; always armed, it would be 1000
}
