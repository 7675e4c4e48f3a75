// Coroutines on the real runtime: the same task under both clocks, what it costs, and how a runtime with live tasks
// ends.
#include <weir/detail/pool.hpp>
#include <weir/testing.hpp>
#include <weir/weir.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "coro/fixture.hpp"
#include "support/alloc_count.hpp"
#include "support/self.hpp"
#include "support/stress.hpp"

using namespace std::chrono_literals;
using coro_test::no_frames_left;

namespace {

weir::task<int> leaf(weir::runtime_handle rt, int n) {
  co_await weir::sleep_for(std::chrono::milliseconds{n % 3});
  const int doubled = co_await rt.cpu([](int v) { return 2 * v; }, n);
  co_return co_await rt.blocking([](int v) { return v + 1; }, doubled);
}

// One task that uses the clock, the workers, the blocking threads, a group and a timeout, and knows no runtime by type.
weir::task<int> everything(weir::runtime_handle rt) {
  const auto sum = [](weir::task_group& group, weir::runtime_handle r) -> weir::task<int> {
    std::vector<weir::join_handle<int>> handles;
    for (int i = 0; i < 20; ++i) handles.push_back(co_await group.spawn(leaf(r, i)));
    int total = 0;
    for (auto& h : handles) total += co_await std::move(h);
    co_return total;
  };
  const int total = co_await weir::with_group({.limit = weir::par{4}}, sum, rt);
  auto [a, b] = co_await weir::when_all(leaf(rt, 1), leaf(rt, 2));
  int late = 0;
  try {
    co_await weir::with_timeout(2ms, weir::sleep_for(1h));
  } catch (const weir::operation_timed_out&) {
    late = 1000;
  }
  co_return total + a + b + late;
}
constexpr int everything_gives = 20 * 19 + 20 + 3 + 5 + 1000;

weir::task<void> hop(int times) {
  for (int i = 0; i < times; ++i) {
    co_await weir::resume_on(weir::home::io);
    co_await weir::resume_on(weir::home::cpu);
  }
}

weir::task<void> nothing() { co_return; }

weir::task<void> many_children(int n) {
  co_await weir::with_group(
      {.limit = weir::par{8}},
      [](weir::task_group& group, int count) -> weir::task<void> {
        for (int i = 0; i < count; ++i) co_await group.spawn(nothing());
      },
      n);
}

weir::task<void> wait_for_ever(std::atomic<int>& entered) {
  ++entered;
  co_await weir::sleep_for(std::chrono::hours{10'000});
}

// Reports of a runtime, collected.
struct reports {
  std::mutex mutex;
  std::vector<weir::report_kind> kinds;
  weir::report_sink sink() {
    return [this](const weir::report& r) {
      const std::lock_guard lock{mutex};
      kinds.push_back(r.kind);
    };
  }
};

template <class Work>
std::uint64_t least_allocations(Work&& work) {
  std::uint64_t least = ~std::uint64_t{0};
  for (int i = 0; i < 40; ++i) {
    const auto counted = support::allocations_during([&] { work(); });
    least = std::min(least, counted.total() - counted.tbb);
  }
  return least;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "runtime: one unchanged task gives the same under the real and the virtual clock [D8]") {
  weir::runtime real{{.threads = 2}};
  CHECK(real.block_on(everything(real)) == everything_gives);
  CHECK(weir::block_on(real, everything(real), {.where = weir::home::io}) == everything_gives);
  weir::testing::manual_runtime manual;
  const auto before = manual.now();
  CHECK(manual.block_on(everything(manual)) == everything_gives);
  CHECK(manual.now() - before < 1h);  // virtual: exactly what was slept, and nobody slept
  const weir::runtime_stats s = real.stats();
  CHECK(s.tasks_started == s.tasks_ok + s.tasks_failed + s.tasks_cancelled);
  CHECK(s.io_submitted == s.io_completed + s.io_cancelled);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "runtime: after warm-up spawn and hand-over in both directions allocate nothing [D12]") {
  if (!support::allocations_counted() || !weir::detail::pool_stats().pooling) return;
  weir::runtime rt{{.threads = 2}};
  CHECK(least_allocations([&] { rt.block_on(hop(500)); }) == 0);
  CHECK(least_allocations([&] { rt.block_on(many_children(500)); }) == 0);
  CHECK(least_allocations([&] {
          for (int i = 0; i < 200; ++i) weir::spawn(rt, nothing()).get();
        }) == 0);
}

TEST_CASE("runtime control: without pools every child of a group allocates" * doctest::skip()) {
  weir::runtime rt{{.threads = 2}};
  CHECK(least_allocations([&] { rt.block_on(many_children(500)); }) >= 500);
}

TEST_CASE("runtime: the allocation counter sees what the pool saves tasks (positive control)") {
  if (!support::allocations_counted()) return;
  CHECK(support::run_self("WEIR_POOL=off", "runtime control*") == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "runtime: the destructor cancels tasks that only wait, and reports that [D10]") {
  reports seen;
  std::atomic<int> entered{0};
  std::vector<weir::future<void>> ends;
  {
    weir::runtime rt{{.threads = 2, .on_report = seen.sink()}};
    for (int i = 0; i < 50; ++i) ends.push_back(weir::spawn(rt, wait_for_ever(entered)));
  }
  CHECK(entered == 50);  // what could run has run
  for (auto& end : ends) CHECK_THROWS_AS(end.get(), weir::operation_cancelled);
  CHECK(seen.kinds == std::vector{weir::report_kind::dropped});
}

TEST_CASE_FIXTURE(no_frames_left,
                  "runtime: a shutdown at its deadline cancels tasks and counts them; then nothing is accepted") {
  std::atomic<int> entered{0};
  weir::runtime rt{{.threads = 2, .on_report = [](const weir::report&) {}}};
  std::vector<weir::future<void>> ends;
  for (int i = 0; i < 10; ++i) ends.push_back(weir::spawn(rt, wait_for_ever(entered)));
  const weir::shutdown_report r = rt.shutdown(weir::shutdown_mode::drain, 1ms);
  CHECK_FALSE(r.in_time);
  CHECK(r.tasks_cancelled == 10);
  for (auto& end : ends) CHECK_THROWS_AS(end.get(), weir::operation_cancelled);
  CHECK_THROWS_AS((void)weir::spawn(rt, nothing()), weir::runtime_closed);
  CHECK_THROWS_AS(rt.block_on(nothing()), weir::runtime_closed);
  CHECK_THROWS_AS(rt.cpu().post([] {}), weir::runtime_closed);
  const weir::runtime_stats s = rt.stats();
  CHECK(s.jobs_balance());
  CHECK(s.tasks_started == 10);
  CHECK(s.tasks_cancelled == 10);
  CHECK(rt.shutdown().tasks_cancelled == 10);  // idempotent: the first one's report
}

TEST_CASE("runtime: waiting for itself is refused on its own threads") {
  weir::runtime rt{{.threads = 2}};
  auto waits = rt.cpu().submit([&] { rt.wait_idle(); });
  CHECK_THROWS_AS(waits.get(), weir::would_deadlock);
  auto blocks = rt.cpu().submit([&] { rt.block_on(nothing()); });
  CHECK_THROWS_AS(blocks.get(), weir::would_deadlock);
  auto ends = rt.cpu().submit([&] { rt.shutdown(); });
  CHECK_THROWS_AS(ends.get(), weir::would_deadlock);
  CHECK(rt.stats().reports[static_cast<std::size_t>(weir::report_kind::never_awaited)] == 0);  // refused, not forgotten
  CHECK(rt.cpu().submit([&] { return weir::runtime::current() == &rt; }).get());
  CHECK(weir::runtime::current() == nullptr);
}

TEST_CASE("runtime child: destroyed by its own worker" * doctest::skip()) {
  auto* rt = new weir::runtime{{.threads = 2}};
  rt->cpu().submit([&] { delete rt; }).get();
}

TEST_CASE("runtime: destroying it from one of its own threads ends the process instead of hanging [D10]") {
  CHECK(support::run_self("", "runtime child: destroyed by its own worker*") != 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "runtime: a second shutdown strengthens one that is under way; both give one report") {
  for (const auto second : {weir::shutdown_mode::discard, weir::shutdown_mode::drain}) {
    weir::runtime rt{{.threads = 2}};
    const auto sleeps = []() -> weir::task<void> { co_await weir::sleep_for(1h); };
    weir::future<void> asleep = weir::spawn(rt, sleeps());
    weir::shutdown_report first;
    std::thread drains{[&] { first = rt.shutdown(); }};
    while (rt.cpu().try_post([] {})) std::this_thread::yield();  // until it is under way
    const bool by_deadline = second == weir::shutdown_mode::drain;
    const weir::shutdown_report r =
        rt.shutdown(second, by_deadline ? std::chrono::nanoseconds{1ms} : std::chrono::nanoseconds::max());
    drains.join();
    CHECK(r.tasks_cancelled == 1);
    CHECK(first.tasks_cancelled == 1);
    CHECK(r.in_time == !by_deadline);
    CHECK(first.in_time == r.in_time);
    CHECK_THROWS_AS(asleep.get(), weir::operation_cancelled);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "runtime: many shutdowns at once agree, and each returns") {
  for (int round = 0; round < 20; ++round) {
    weir::runtime rt{{.threads = 2}};
    std::atomic<int> ran{0};
    for (int i = 0; i < 200; ++i) rt.cpu().post([&] { ++ran; });
    std::vector<weir::shutdown_report> reports(4);
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i < reports.size(); ++i)
      callers.emplace_back(
          [&, i] { reports[i] = rt.shutdown(i % 2 == 0 ? weir::shutdown_mode::drain : weir::shutdown_mode::discard); });
    for (std::thread& t : callers) t.join();
    for (const weir::shutdown_report& r : reports) {
      CHECK(r.finished == reports[0].finished);
      CHECK(r.cancelled == reports[0].cancelled);
    }
    CHECK(rt.stats().jobs_balance());
  }
}

TEST_CASE_FIXTURE(no_frames_left,
                  "runtime: the destructor ends a task that runs on for ever, after its grace, and reports it") {
  std::atomic<int> dropped{0};
  std::atomic<bool> cancelled{false};
  {
    weir::runtime_options options;
    options.threads = 2;
    options.destructor_grace = 5ms;
    options.on_report = [&](const weir::report& r) { dropped += r.kind == weir::report_kind::dropped ? 1 : 0; };
    weir::runtime rt{options};
    const auto for_ever = [](std::atomic<bool>& out) -> weir::task<void> {
      try {
        for (;;) co_await weir::checkpoint();
      } catch (const weir::operation_cancelled&) {
        out = true;
        throw;
      }
    };
    (void)weir::spawn(rt, for_ever(cancelled));
  }
  CHECK(dropped == 1);
  CHECK(cancelled);
}

TEST_CASE("runtime: a million timers through the public API, armed and ended") {
  const int n = weir_test::stress::rounds(1'000'000);
  weir::runtime rt{{.threads = 2}};
  const std::uint64_t wakes = rt.stats().reactor_wakes;
  for (int i = 0; i < n; ++i) (void)rt.cpu().post_after(1h + std::chrono::nanoseconds{i * 7919LL % 1'000'003}, [] {});
  weir::runtime_stats s = rt.stats();
  CHECK(s.delayed_jobs == static_cast<std::uint64_t>(n));
  CHECK(s.reactor_wakes - wakes < static_cast<std::uint64_t>(n) / 100);  // one wake-up each is what made it slow
  CHECK(rt.shutdown().delayed_cancelled == static_cast<std::uint64_t>(n));
  s = rt.stats();
  CHECK(s.delayed_jobs == 0);
  CHECK(s.io_submitted == s.io_completed + s.io_cancelled);
}

TEST_CASE_FIXTURE(no_frames_left, "runtime: a hundred thousand tasks sleep at once and are stopped") {
  weir::runtime rt{{.threads = 2}};
  const auto sleeps = []() -> weir::task<void> { co_await weir::sleep_for(1h); };
  const int n = weir_test::stress::rounds(100'000);
  for (int i = 0; i < n; ++i) (void)weir::spawn(rt, sleeps());
  CHECK(rt.shutdown(weir::shutdown_mode::discard).tasks_cancelled == static_cast<std::uint64_t>(n));
}

TEST_CASE("wait_idle: what a spawned task was given is gone, and its future is ready") {
  struct guest {
    explicit guest(std::atomic<int>& n) noexcept : alive{&n} { ++*alive; }
    guest(guest&& other) noexcept : alive{std::exchange(other.alive, nullptr)} {}
    guest& operator=(guest&&) = delete;
    ~guest() {
      if (alive != nullptr) --*alive;
    }
    std::atomic<int>* alive;
  };
  struct run {
    static weir::task<void> visit(guest) { co_return; }
  };
  weir::runtime rt{weir::runtime_options{.threads = 2}};
  std::atomic<int> alive{0};
  for (int i = 0; i < weir_test::stress::rounds(2000); ++i) {
    weir::future<void> done = weir::spawn(rt, run::visit(guest{alive}));
    rt.wait_idle();
    REQUIRE(alive == 0);
    REQUIRE(done.ready());
    done.get();
  }
}

TEST_CASE_FIXTURE(no_frames_left, "runtime: may go as soon as its task has ended, whoever is still resuming it") {
  const auto wait_for = [](weir::future<void> what) -> weir::task<void> { co_await std::move(what); };
  for (int i = weir_test::stress::rounds(100); i > 0; --i) {
    weir::promise<void> go;
    std::thread outside;
    {
      weir::runtime rt{{.threads = 1}};
      weir::future<void> ended = weir::spawn(rt.cpu(), wait_for(go.get_future()));
      outside = std::thread{[&] { go.set_value(); }};  // looks whom to wake, after the task went on
      ended.get();
    }
    outside.join();
  }
}
