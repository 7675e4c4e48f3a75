// co_await on futures, from the smallest coroutine that offers what the awaiter asks for.
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
using detail::home;
using detail::outcome;

namespace {

// Starts at once, destroys itself at its end; resumed through its resumption job.
struct probe {
  struct promise_type : detail::job {
    template <class... A>
    promise_type(detail::scheduler& s, home where, A&&...) noexcept
        : job{[](job* j, detail::action) noexcept {
            std::coroutine_handle<promise_type>::from_promise(static_cast<promise_type&>(*j)).resume();
            return outcome::internal;
          }},
          sched_{&s},
          where_{where} {}
    probe get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }

    detail::scheduler& scheduler() noexcept { return *sched_; }
    [[nodiscard]] home where() const noexcept { return where_; }
    detail::job& resumption() noexcept { return *this; }

   private:
    detail::scheduler* sched_;
    home where_;
  };
};

template <class F>
probe await_into(fake_scheduler&, home, F f, int& result) {
  try {
    result = co_await f;
  } catch (const operation_cancelled&) {
    result = -2;
  } catch (const std::exception&) {
    result = -3;
  }
}

// Runs inside set_value(): the scheduler resumes at once. Destroys the promise that is being set.
probe await_and_destroy(detail::scheduler&, home, std::unique_ptr<promise<int>>& p, std::uint64_t& live_after) {
  auto f = p->get_future();
  (void)co_await f;
  p.reset();
  live_after = detail::pool_stats().blocks_live;
}

class at_once final : public fake_scheduler {
 public:
  void resume(detail::job& j, home) noexcept override { (void)weir_test::run(&j); }
};

probe await_then_tell(fake_scheduler&, home, future<int> f, int& result, std::atomic<bool>& ended) {
  result = co_await f;
  ended = true;
}

}  // namespace

TEST_CASE("await: a future that is ready does not suspend") {
  fake_scheduler s;
  promise<int> p;
  auto f = p.get_future();
  p.set_value(5);
  int result = 0;
  await_into(s, home::cpu, std::move(f), result);
  CHECK(result == 5);
  CHECK(s.run(home::cpu) == 0);
}

TEST_CASE("await: the task resumes at its home, not on the thread that finishes") {
  for (const home where : {home::cpu, home::io}) {
    fake_scheduler s;
    auto [j, f] = detail::make_submitted([] { return 6; });
    int result = 0;
    await_into(s, where, std::move(f), result);
    CHECK(run(j) == outcome::ok);
    CHECK(result == 0);
    CHECK(s.run(where == home::cpu ? home::io : home::cpu) == 0);
    CHECK(s.run(where) == 1);
    CHECK(result == 6);
  }
}

TEST_CASE("await: exceptions, cancellation and broken promises reach the task") {
  fake_scheduler s;
  int failed = 0, cancelled = 0, broken = 0;
  auto [j, f] = detail::make_submitted([]() -> int { throw std::runtime_error{"boo"}; });
  auto [j2, f2] = detail::make_submitted([] { return 1; });
  await_into(s, home::cpu, std::move(f), failed);
  await_into(s, home::cpu, std::move(f2), cancelled);
  {
    promise<int> p;
    await_into(s, home::cpu, p.get_future(), broken);
  }
  (void)run(j);
  CHECK(cancel(j2) == outcome::cancelled);
  CHECK(s.run(home::cpu) == 3);
  CHECK(failed == -3);
  CHECK(cancelled == -2);
  CHECK(broken == -3);
}

TEST_CASE("await: a shared future resumes all of its tasks, in the order they came") {
  fake_scheduler s;
  promise<int> p;
  const shared_future<int> f = p.get_future();
  int a = 0, b = 0, c = 0;
  await_into(s, home::cpu, f, a);
  await_into(s, home::io, f, b);
  await_into(s, home::cpu, f, c);
  p.set_value(4);
  CHECK(s.run(home::cpu) == 2);
  CHECK(s.run(home::io) == 1);
  CHECK(a + b + c == 12);
}

TEST_CASE("await: a promise destroyed by the task that its set_value() resumes: the result's block outlives the call") {
  at_once s;
  auto p = std::make_unique<promise<int>>();
  std::uint64_t live_after = 0;
  const auto live = detail::pool_stats().blocks_live;
  await_and_destroy(s, home::cpu, p, live_after);
  p->set_value(1);
  CHECK(p == nullptr);
  CHECK(live_after == live);
  CHECK(detail::pool_stats().blocks_live == live - 1);
}

TEST_CASE("await: registration against finish: resumed exactly once or not suspended") {
  fake_scheduler s;
  detail::job* j = nullptr;
  future<int> f;
  int result = -1, bad = 0, suspended = 0;
  stress::race(
      stress::rounds(20'000),
      [&](int i) {
        auto made = detail::make_submitted([i] { return i; });
        j = made.first;
        f = std::move(made.second);
        result = -1;
      },
      [&](int i) {
        const std::size_t resumed = s.run(home::cpu);
        suspended += static_cast<int>(resumed);
        if (resumed > 1 || result != i) ++bad;
      },
      [&](int) { (void)run(j); }, [&](int) { await_into(s, home::cpu, std::move(f), result); });
  CHECK(bad == 0);
}

TEST_CASE("await: a task may go on and end elsewhere while its own await_suspend has not returned") {
  fake_scheduler s;
  detail::job* j = nullptr;
  future<int> f;
  std::atomic<bool> ended{false};
  int result = -1, bad = 0;
  stress::race(
      stress::rounds(20'000),
      [&](int i) {
        auto made = detail::make_submitted([i] { return i; });
        j = made.first;
        f = std::move(made.second);
        result = -1;
        ended = false;
      },
      [&](int i) {
        if (result != i) ++bad;
      },
      [&](int) { (void)run(j); }, [&](int) { await_then_tell(s, home::cpu, std::move(f), result, ended); },
      [&](int) {
        while (!ended) s.run(home::cpu);
      });
  CHECK(bad == 0);
}
