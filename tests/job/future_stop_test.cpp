// A task that awaits a future and is stopped: forced races of stop, finish and registration.
#include <weir/detail/pool.hpp>
#include <weir/detail/stop_state.hpp>
#include <weir/detail/submitted.hpp>
#include <weir/future.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <coroutine>
#include <exception>
#include <memory>

#include "support/fake_scheduler.hpp"
#include "support/stress.hpp"

using namespace weir;
using namespace weir_test;
using detail::outcome;

namespace {

// What the awaiter needs of a task's promise: env.stop and wake(). Woken tasks go on at once.
struct stoppable {
  struct promise_type {
    struct {
      detail::stop_state* stop;
    } env;
    template <class... A>
    explicit promise_type(detail::stop_state& stop, A&&...) noexcept : env{&stop} {}
    stoppable get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
    void wake() noexcept { std::coroutine_handle<promise_type>::from_promise(*this).resume(); }
  };
};

template <class F>
stoppable await_into(detail::stop_state&, F f, std::atomic<int>& result, std::atomic<int>& ends) {
  try {
    result = co_await f;
  } catch (const operation_cancelled&) {
    result = -2;
  }
  ++ends;
}

struct scene {
  std::unique_ptr<detail::stop_state> stop;
  detail::job* j = nullptr;
  future<int> f;
  std::atomic<int> result{-1}, ends{0};
  outcome how = outcome::internal;

  void prepare(int i) {
    stop = std::make_unique<detail::stop_state>();
    auto made = detail::make_submitted([i] { return i; });
    j = made.first;
    f = std::move(made.second);
    result = -1, ends = 0;
  }
  void request() { stop->request_stop(detail::stop_reason::cancelled); }
};

}  // namespace

TEST_CASE("await and stop: a job that is still queued is cancelled") {
  scene s;
  s.prepare(1);
  await_into(*s.stop, std::move(s.f), s.result, s.ends);
  s.request();
  CHECK(s.ends == 1);
  CHECK(s.result == -2);
  CHECK(run(s.j) == outcome::cancelled);
}

TEST_CASE("await and stop: a scope that is stopped already does not start to wait, but takes what is there") {
  scene s;
  s.prepare(1);
  s.request();
  await_into(*s.stop, std::move(s.f), s.result, s.ends);
  CHECK(s.result == -2);
  CHECK(run(s.j) == outcome::cancelled);

  promise<int> p;
  auto there = p.get_future();
  p.set_value(4);
  await_into(*s.stop, std::move(there), s.result, s.ends);
  CHECK(s.result == 4);
}

TEST_CASE("await and stop: the wait for a promise ends, and the promise can still be set") {
  scene s;
  s.prepare(1);
  promise<int> p;
  await_into(*s.stop, p.get_future(), s.result, s.ends);
  s.request();
  CHECK(s.ends == 1);
  CHECK(s.result == -2);
  p.set_value(1);
  CHECK(s.ends == 1);
  CHECK(cancel(s.j) == outcome::cancelled);
}

TEST_CASE("await and stop: one of several waits for a shared future ends, the others get the result") {
  const auto before = detail::pool_stats().blocks_live;
  {
    detail::stop_state stopped, other;
    std::atomic<int> a{-1}, b{-1}, c{-1}, ends{0};
    promise<int> p;
    const shared_future<int> f = p.get_future();
    await_into(other, f, a, ends);
    await_into(stopped, f, b, ends);
    await_into(other, f, c, ends);
    stopped.request_stop(detail::stop_reason::cancelled);
    CHECK(ends == 1);
    CHECK(b == -2);
    p.set_value(5);
    CHECK(ends == 3);
    CHECK(a == 5);
    CHECK(c == 5);
  }
  CHECK(detail::pool_stats().blocks_live == before);
}

TEST_CASE("await and stop race: stop, run and await at once: the task goes on once, with the result or cancelled") {
  scene s;
  int bad = 0;
  const auto before = detail::pool_stats().blocks_live;
  stress::race(
      stress::rounds(20'000), [&](int i) { s.prepare(i); },
      [&](int i) {
        const bool delivered = s.result == i && s.how == outcome::ok;
        const bool stopped = s.result == -2 && (s.how == outcome::cancelled || s.how == outcome::ok);
        if (s.ends != 1 || delivered == stopped) ++bad;
      },
      [&](int) { s.how = run(s.j); }, [&](int) { s.request(); },
      [&](int) { await_into(*s.stop, std::move(s.f), s.result, s.ends); });
  CHECK(bad == 0);
  CHECK(detail::pool_stats().blocks_live == before);
}

TEST_CASE("await and stop race: a promise that is set while its awaiting task is stopped") {
  scene s;
  std::unique_ptr<promise<int>> p;
  int bad = 0;
  const auto before = detail::pool_stats().blocks_live;
  stress::race(
      stress::rounds(20'000),
      [&](int) {
        s.stop = std::make_unique<detail::stop_state>();
        s.result = -1, s.ends = 0;
        p = std::make_unique<promise<int>>();
        await_into(*s.stop, p->get_future(), s.result, s.ends);
      },
      [&](int i) {
        if (s.ends != 1 || (s.result != i && s.result != -2)) ++bad;
        p.reset();
      },
      [&](int i) { p->set_value(i); }, [&](int) { s.request(); });
  CHECK(bad == 0);
  CHECK(detail::pool_stats().blocks_live == before);
}

TEST_CASE("await and stop race: a stop beside the registration of a wait that nothing else would end is not lost") {
  for (const bool share : {false, true}) {
    scene s;
    promise<int> p;
    future<int> f;
    shared_future<int> shared;
    int bad = 0;
    stress::race(
        stress::rounds(20'000),
        [&](int) {
          s.stop = std::make_unique<detail::stop_state>();
          s.result = -1, s.ends = 0;
          p = promise<int>{};
          f = p.get_future();
          if (share) shared = f.share();
        },
        [&](int) {
          if (s.ends != 1 || s.result != -2) ++bad;
        },
        [&](int) { s.request(); },
        [&](int) {
          if (share)
            await_into(*s.stop, shared, s.result, s.ends);
          else
            await_into(*s.stop, std::move(f), s.result, s.ends);
        });
    CHECK(bad == 0);
  }
}

TEST_CASE("await and stop: a stop after the wait has ended reaches nobody") {
  scene s;  // the awaiting frame is gone by then: a sanitizer sees a call that comes too late
  s.prepare(3);
  await_into(*s.stop, std::move(s.f), s.result, s.ends);
  (void)run(s.j);
  s.request();
  CHECK(s.ends == 1);
  CHECK(s.result == 3);
}

TEST_CASE("await and stop race: a set through a shared future, registration included") {
  scene s;
  std::unique_ptr<promise<int>> p;
  shared_future<int> f;
  int bad = 0;
  const auto before = detail::pool_stats().blocks_live;
  stress::race(
      stress::rounds(20'000),
      [&](int) {
        s.stop = std::make_unique<detail::stop_state>();
        s.result = -1, s.ends = 0;
        p = std::make_unique<promise<int>>();
        f = p->get_future();
      },
      [&](int i) {
        if (s.ends != 1 || (s.result != i && s.result != -2)) ++bad;
        p.reset();
        f = {};
      },
      [&](int i) { p->set_value(i); }, [&](int) { s.request(); },
      [&](int) { await_into(*s.stop, f, s.result, s.ends); });
  CHECK(bad == 0);
  CHECK(detail::pool_stats().blocks_live == before);
}
