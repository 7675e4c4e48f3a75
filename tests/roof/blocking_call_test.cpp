// Blocking calls of tasks: the line before the threads, stops, calls that are left behind, the live bound.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <semaphore>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <weir/weir.hpp>

#include "coro/fixture.hpp"

using namespace weir;
using namespace std::chrono_literals;
using coro_test::no_frames_left;
using std::chrono::steady_clock;

namespace {

/// A call that runs until it is let go.
struct gate {
  std::binary_semaphore entered{0}, open{0};
  void pass() {
    entered.release();
    open.acquire();
  }
};

template <class Condition>
void until(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

struct seen {
  std::mutex mutex;
  std::vector<std::pair<report_kind, std::string>> all;
  report_sink sink() {
    return [this](const report& r) {
      const std::lock_guard hold{mutex};
      all.emplace_back(r.kind, std::string{r.name} + ": " + std::string{r.message});
    };
  }
};

/// True: the stop was its end.
task<bool> stopped_by(std::stop_token token, task<> work) {
  try {
    co_await with_stop(std::move(token), std::move(work));
  } catch (const operation_cancelled&) {
    co_return true;
  }
  co_return false;
}

std::optional<observation> blocking_in(std::vector<observation> all) {
  for (observation& o : all)
    if (o.name == "blocking") return std::move(o);
  return std::nullopt;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "blocking: a stop takes a call out of the line at once; it never runs") {
  runtime rt{{.threads = 1, .blocking_threads = 1}};
  gate holder;
  std::atomic<int> ran{0};
  auto hold = spawn(rt, [](gate& g) -> task<> { co_await blocking([&g] { g.pass(); }); }(holder));
  holder.entered.acquire();
  std::stop_source stop;
  auto waits = [](std::atomic<int>& n) -> task<> { co_await blocking([&n] { ++n; }); };
  auto first = spawn(rt, stopped_by(stop.get_token(), waits(ran)));
  auto second = spawn(rt, waits(ran));
  until([&] { return rt.stats().blocking_queued_items == 2; });
  stop.request_stop();
  CHECK(first.get());  // while the thread is still held
  CHECK(rt.stats().blocking_queued_items == 1);
  holder.open.release();
  hold.get();
  second.get();
  CHECK(ran.load() == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "blocking: a call that runs on after a stop is waited for, and reported by name") {
  seen reports;
  runtime rt{{.threads = 1, .on_report = reports.sink()}};
  gate stubborn;
  auto call = [](gate& g) -> task<> { co_await blocking([&g] { g.pass(); }); };
  auto scope = [&](task_group& g) -> task<> {
    co_await g.spawn(call(stubborn), "stubborn");
    co_await blocking([&] { stubborn.entered.acquire(); });
    g.cancel();
  };
  auto body = [&]() -> task<> {
    const group_options options{.limit = par{1}, .name = "calls", .grace = 1ms};
    co_await with_group(options, std::ref(scope));
  };
  auto done = spawn(rt, body());
  until([&] { return rt.stats().reports[static_cast<std::size_t>(report_kind::uncancellable)] == 1; });
  CHECK_FALSE(done.ready());
  stubborn.open.release();
  done.get();
  REQUIRE(reports.all.size() == 1);
  CHECK(reports.all[0].second.starts_with("stubborn: "));
}

TEST_CASE_FIXTURE(
    no_frames_left,
    "blocking: abandon_ok lets the task go on; the call keeps its thread and its permit to its end [case 20]") {
  seen reports;
  runtime rt{{.threads = 1, .blocking_threads = 1, .on_report = reports.sink()}};
  gate endless;
  limiter partner{1, {.name = "partner"}};
  auto call = [](gate& g, limiter& lim) -> task<> {
    permit held = co_await lim.acquire();
    auto body = [&g](const permit&) {
      g.pass();
      throw std::runtime_error{"too late"};
    };
    co_await blocking(abandon_ok, body, std::move(held));
  };
  std::stop_source stop;
  auto left = spawn(rt, stopped_by(stop.get_token(), call(endless, partner)));
  endless.entered.acquire();
  stop.request_stop();
  CHECK(left.get());
  CHECK(rt.stats().blocking_abandoned_items == 1);
  CHECK(rt.report().find(", 1 abandoned\n") != std::string::npos);
  CHECK(partner.in_use() == 1);
  std::atomic<bool> second_ran{false};
  auto next =
      spawn(rt, [](std::atomic<bool>& ran) -> task<> { co_await blocking([&ran] { ran = true; }); }(second_ran));
  until([&] { return rt.stats().blocking_queued_items == 1; });
  CHECK(rt.stats().blocking_threads == 1);
  CHECK_FALSE(second_ran.load());
  endless.open.release();
  next.get();
  CHECK(partner.in_use() == 0);
  CHECK(rt.stats().blocking_abandoned_items == 0);
  REQUIRE(reports.all.size() == 1);
  CHECK(reports.all[0].first == report_kind::unhandled_exception);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "blocking: abandon_ok gives results and failures as a plain call; in line it is withdrawn") {
  runtime rt{{.threads = 1, .blocking_threads = 1}};
  auto plain = []() -> task<int> {
    auto box = co_await blocking(abandon_ok, [](std::unique_ptr<int> p) { return p; }, std::make_unique<int>(42));
    co_return *box;
  };
  CHECK(rt.block_on(plain()) == 42);
  auto throws = []() -> task<> { co_await blocking(abandon_ok, [] { throw std::runtime_error{"no"}; }); };
  CHECK_THROWS_WITH_AS(rt.block_on(throws()), "no", std::runtime_error);

  gate holder;
  auto hold = spawn(rt, [](gate& g) -> task<> { co_await blocking([&g] { g.pass(); }); }(holder));
  holder.entered.acquire();
  auto owned = std::make_shared<int>(1);
  std::stop_source stop;
  auto waits = [](std::shared_ptr<int> p) -> task<> {
    co_await blocking(abandon_ok, [](const std::shared_ptr<int>& q) { ++*q; }, std::move(p));
  };
  auto left = spawn(rt, stopped_by(stop.get_token(), waits(owned)));
  until([&] { return rt.stats().blocking_queued_items == 1; });
  stop.request_stop();
  CHECK(left.get());
  CHECK(owned.use_count() == 1);  // it is gone, not only forgotten
  CHECK(*owned == 1);
  CHECK(rt.stats().blocking_queued_items == 0);
  CHECK(rt.stats().blocking_abandoned_items == 0);
  holder.open.release();
  hold.get();
}

TEST_CASE_FIXTURE(no_frames_left, "blocking: the end of a runtime waits for abandoned calls") {
  auto rt = std::make_unique<runtime>(runtime_options{.threads = 1});
  gate endless;
  std::stop_source stop;
  std::atomic<bool> done{false};
  auto pass = [&] {
    endless.pass();
    done = true;
  };
  auto call = [&]() -> task<> { co_await blocking(abandon_ok, pass); };
  auto left = spawn(*rt, stopped_by(stop.get_token(), call()));
  endless.entered.acquire();
  stop.request_stop();
  CHECK(left.get());
  bool waited = false;
  std::thread end{[&] {
    rt.reset();
    waited = done.load();
  }};
  endless.open.release();
  end.join();
  CHECK(waited);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "blocking: a shutdown counts abandoned calls: not in time, and reported after grace") {
  seen reports;
  runtime rt{{.threads = 1, .on_report = reports.sink()}};
  gate endless;
  std::stop_source stop;
  auto call = [](gate& g) -> task<> { co_await blocking(abandon_ok, [&g] { g.pass(); }); };
  auto left = spawn(rt, stopped_by(stop.get_token(), call(endless)));
  endless.entered.acquire();
  stop.request_stop();
  CHECK(left.get());
  bool in_time = true;
  std::thread end{[&] { in_time = rt.shutdown(shutdown_mode::drain, 0ns).in_time; }};
  until([&] { return rt.stats().reports[static_cast<std::size_t>(report_kind::uncancellable)] == 1; });
  endless.open.release();
  end.join();
  CHECK_FALSE(in_time);
  REQUIRE(reports.all.size() == 1);
  CHECK(reports.all[0].second.find("and 1 abandoned blocking call(s) run on") != std::string::npos);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "blocking: of 16 calls on 4 threads 12 wait in line, and the reactor goes on [row 18]") {
  runtime rt{{.threads = 1, .blocking_threads = 4}};
  std::counting_semaphore<> entered{0}, go_on{0};
  std::mutex mutex;
  std::chrono::nanoseconds longest{0};
  auto held = [&] {
    const auto begun = steady_clock::now();
    entered.release();
    go_on.acquire();
    const std::lock_guard hold{mutex};
    longest = std::max<std::chrono::nanoseconds>(longest, steady_clock::now() - begun);
  };
  auto call = [&](int) -> task<> { co_await blocking(held); };
  auto calls = [&](int n) -> task<> { co_await map_all(std::views::iota(0, n), par{16}, call); };
  auto first = spawn(rt, calls(4));
  for (int i = 0; i < 4; ++i) entered.acquire();  // all threads are taken before the others come
  auto rest = spawn(rt, calls(12));
  until([&] { return rt.stats().blocking_queued_items == 12; });
  rt.block_on([]() -> task<> { co_await sleep_for(1ms); }());
  CHECK_FALSE(entered.try_acquire());
  go_on.release(16);
  first.get();
  rest.get();
  CHECK(rt.stats().blocking_high_water_items == 12);
  until([] { return blocking_in(observe()).value().out == 16; });  // counted after its task has been told
  const observation pool = blocking_in(observe()).value();
  CHECK(pool.in == 16);
  CHECK(pool.peak == 4);
  CHECK(pool.waiting == 0);
  const std::lock_guard hold{mutex};
  CHECK(std::chrono::nanoseconds{pool.hold.max_ns} >= longest);
}

TEST_CASE_FIXTURE(no_frames_left, "blocking: set_bound raises and lowers the number of threads while calls wait") {
  runtime rt{{.threads = 1, .blocking_threads = 1}};
  std::counting_semaphore<> go_on{0};
  std::atomic<int> running{0};
  auto work = [&](int) -> task<> {
    co_await blocking([&] {
      ++running;
      go_on.acquire();
      --running;
    });
  };
  auto all = [&]() -> task<> { co_await map_all(std::views::iota(0, 12), par{12}, work); };
  auto done = spawn(rt, all());
  until([&] { return running.load() == 1 && rt.stats().blocking_queued_items == 11; });
  CHECK(blocking_in(observe()).value().waiting == 11);
  CHECK(rt.metrics().find("weir_resource_pool_waiting{") != std::string::npos);
  CHECK(set_bound("blocking", 3) == 1);  // threads for those who wait come at once
  until([&] { return running.load() == 3; });
  CHECK(rt.stats().blocking_queued_items == 9);
  CHECK(set_bound("blocking", 2) == 1);
  go_on.release();  // one ends, and nobody takes its place
  until([&] { return rt.stats().blocking_threads == 2; });
  CHECK(running.load() == 2);
  CHECK(rt.stats().blocking_queued_items == 9);
  go_on.release(11);
  done.get();
  CHECK(rt.stats().blocking_threads <= 2);
}

TEST_CASE_FIXTURE(no_frames_left, "blocking: a stop races with the call's beginning and its end; one result each") {
  runtime rt{{.threads = 2, .blocking_threads = 2}};
  std::atomic<int> cancelled{0}, ran{0};
  auto one = [&](bool leaves) -> task<> {
    std::stop_source stop;
    auto call = [](bool may_leave, std::atomic<int>& n) -> task<> {
      if (may_leave)
        co_await blocking(abandon_ok, [](std::atomic<int>* at) { ++*at; }, &n);
      else
        co_await blocking([](std::atomic<int>* at) { ++*at; }, &n);
    };
    auto stopper = [](std::stop_source s) -> task<> {
      s.request_stop();
      co_return;
    };
    task<bool> both = stopped_by(stop.get_token(), call(leaves, ran));
    auto [gone, unit_] = co_await when_all(std::move(both), stopper(stop));
    if (gone) ++cancelled;
  };
  for (int round = 0; round < 2000; ++round) rt.block_on(one(round % 2 == 0));
  rt.shutdown();
  CHECK(cancelled.load() + ran.load() >= 2000);  // an abandoned call may have run, too
  CHECK(rt.stats().blocking_abandoned_items == 0);
  CHECK(rt.stats().blocking_queued_items == 0);
}
