// Futures in real tasks, under the virtual clock.
#include <weir/detail/submitted.hpp>
#include <weir/future.hpp>
#include <weir/stop.hpp>

#include <doctest/doctest.h>

#include <chrono>

#include "fixture.hpp"

using namespace weir;
using namespace std::chrono_literals;
using coro_test::no_frames_left;

namespace {

template <class F>
task<int> value_of(F f) {
  co_return co_await f;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "future in a task: its result resumes the task at its home, exceptions reach it") {
  testing::manual_runtime rt;
  auto [j, f] = detail::make_submitted([] { return 3; });
  (void)j->act(j, detail::action::run);
  CHECK(rt.block_on(value_of(std::move(f))) == 3);

  promise<int> p;
  auto later = p.get_future();
  auto chain = [&]() -> task<int> {
    const int first = co_await later;
    co_return first + 1;
  };
  int seen = 0;
  auto spawned = [&]() -> task<void> { seen = co_await chain(); };
  rt.spawn(spawned());
  rt.run_until_idle();
  CHECK(seen == 0);
  p.set_value(8);
  CHECK(seen == 0);  // not on the setter's stack
  rt.run_until_idle();
  CHECK(seen == 9);
  auto broken = promise<int>{}.get_future();
  CHECK_THROWS_AS(rt.block_on(value_of(std::move(broken))), broken_promise);
}

TEST_CASE_FIXTURE(no_frames_left, "future in a task: with_timeout ends the wait for a result that never comes") {
  testing::manual_runtime rt;
  promise<int> never;
  auto body = [&]() -> task<int> { co_return co_await with_timeout(50ms, value_of(never.get_future())); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  CHECK(rt.now().time_since_epoch() == 50ms);

  promise<int> p;
  const shared_future<int> shared = p.get_future();
  auto shared_body = [&]() -> task<int> { co_return co_await with_timeout(50ms, value_of(shared)); };
  CHECK_THROWS_AS(rt.block_on(shared_body()), operation_timed_out);
  p.set_value(2);
  CHECK(rt.block_on(shared_body()) == 2);
}

TEST_CASE_FIXTURE(no_frames_left, "future in a task: a timeout cancels the job that has not started") {
  testing::manual_runtime rt;
  auto made = detail::make_submitted([] { return 3; });
  auto body = [&]() -> task<int> { co_return co_await with_timeout(1ms, value_of(std::move(made.second))); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  CHECK(made.first->act(made.first, detail::action::run) == detail::outcome::cancelled);
}
