// weir doctor: for each rule a program that makes the mistake, its fix, and one that only looks like it.
#include <weir/weir.hpp>

#include <poll.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "weir/support/command.hpp"
#include "weir/support/story.hpp"

using namespace std::chrono_literals;
using weir::task;

namespace {

/// What the doctor says of a program that runs on two workers.
struct consulted {
  int status = 0;
  std::string said;
  [[nodiscard]] bool finds(const std::string& rule) const {
    return said.find("\"rule\":\"" + rule + "\",\"weight\"") != said.npos;
  }
};

consulted consult(const std::function<void(weir::runtime&)>& program, const std::string& options = "") {
  const support::scratch_directory dir;
  const std::string file = dir.file("t.wtr");
  {
    weir::trace::recording rec{file};
    weir::runtime rt{{.threads = 2, .on_report = [](const weir::report&) {}}};
    program(rt);
    rt.shutdown();
  }
  const support::ran r = support::run_weir("doctor --json " + options + " '" + file + "'");
  return {r.status, r.out};
}

/// Takes that much time of the processor, however many want it.
void spin_for(std::chrono::nanoseconds t) {
  const auto spent = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
  };
  for (const auto end = spent() + t; spent() < end;) {
  }
}

/// The mistake itself: a call that blocks its thread.
void blocks_for(std::chrono::milliseconds t) { (void)::poll(nullptr, 0, static_cast<int>(t.count())); }

task<void> on_the_reactor(std::function<void()> step, int times, bool moves) {
  for (int i = 0; i < times; ++i) {
    co_await weir::resume_on(weir::home::io);
    co_await weir::sleep_for(1ms);
    if (moves)
      co_await weir::on_cpu(step);
    else
      step();
  }
}

}  // namespace

TEST_CASE("doctor: a continuation that computes on the reactor, or blocks it, is found; on a worker it is none") {
  const auto computes =
      consult([](weir::runtime& rt) { rt.block_on(on_the_reactor([] { spin_for(40ms); }, 3, false)); });
  CHECK(computes.status == 3);
  CHECK_MESSAGE(computes.finds("blocked-reactor"), computes.said);
  CHECK(computes.said.find("weir::on_cpu") != std::string::npos);
  const auto blocks =
      consult([](weir::runtime& rt) { rt.block_on(on_the_reactor([] { blocks_for(40ms); }, 3, false)); });
  CHECK_MESSAGE(blocks.finds("blocked-reactor"), blocks.said);
  CHECK(blocks.said.find("weir::blocking") != std::string::npos);
  const auto fixed = consult([](weir::runtime& rt) { rt.block_on(on_the_reactor([] { spin_for(40ms); }, 3, true)); });
  CHECK_MESSAGE(!fixed.finds("blocked-reactor"), fixed.said);
  const auto off = consult([](weir::runtime& rt) { rt.block_on(on_the_reactor([] { spin_for(40ms); }, 3, false)); },
                           "--without blocked-reactor,starved-reactor");
  CHECK_MESSAGE(off.status == 0, off.said);
}

namespace {

task<void> sleeps(std::chrono::milliseconds t) { co_await weir::sleep_for(t); }

task<void> starts_all(weir::task_group& g, int n) {
  for (int i = 0; i < n; ++i) co_await g.spawn(sleeps(2ms));
}
task<void> group_of(int n, std::size_t limit) {
  co_await weir::with_group({.limit = weir::par{limit}, .name = "all"}, starts_all, n);
}

}  // namespace

TEST_CASE("doctor: ten thousand tasks of one parent at once are found; bounded, the same tasks are none") {
  const auto unbounded = consult([](weir::runtime& rt) { rt.block_on(group_of(12'000, 20'000)); });
  CHECK_MESSAGE(unbounded.finds("unbounded-fan-out"), unbounded.said);
  const auto bounded = consult([](weir::runtime& rt) { rt.block_on(group_of(2'000, 50)); });
  CHECK_MESSAGE(!bounded.finds("unbounded-fan-out"), bounded.said);
}

TEST_CASE(
    "doctor: many jobs of 300 ns are found, 100,000 in a second; fewer, longer ones, and one bulk of them are none") {
  const auto jobs = [](std::uint64_t every_ns, std::uint64_t run_ns) {
    std::vector<support::told> events;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      const std::uint64_t at = 1'000 + i * every_ns, id = 0x1000 + i;
      events.push_back(support::tell(1, at, support::event::spawn, id, 0, 4, 1));
      events.push_back(support::tell(1, at + 10, support::event::begin, id, 0, 0, 1));
      events.push_back(support::tell(1, at + 10 + run_ns, support::event::end, id));
    }
    const support::scratch_directory dir;
    support::write_file(dir.file("t.wtr"), support::trace_of(events, support::story_sites));
    return consulted{0, support::run_weir("doctor --json '" + dir.file("t.wtr") + "'").out};
  };
  CHECK(jobs(5'000, 300).finds("tiny-jobs"));
  CHECK_FALSE(jobs(15'000, 300).finds("tiny-jobs"));
  CHECK_FALSE(jobs(5'000, 2'000).finds("tiny-jobs"));
  std::atomic<int> ran{0};
  const auto bulk = consult([&](weir::runtime& rt) {
    rt.cpu().submit_bulk(40'000, [&](std::size_t) { ran.fetch_add(1, std::memory_order_relaxed); }).get();
  });
  CHECK_MESSAGE(!bulk.finds("tiny-jobs"), bulk.said);
  CHECK(ran == 40'000);
}

namespace {

task<int> deaf(std::chrono::milliseconds t) {  // runs on after a stop: it never looks
  const auto call = [t] { blocks_for(t); };
  co_await weir::blocking(call);
  co_return 1;
}
task<int> listens(std::chrono::milliseconds t) {
  co_await weir::sleep_for(t);
  co_return 1;
}

}  // namespace

TEST_CASE("doctor: losers that do not see the stop are found; those that do are none") {
  const auto late = consult([](weir::runtime& rt) {
    const auto body = []() -> task<void> {
      for (int i = 0; i < 3; ++i) co_await weir::when_any(listens(5ms), deaf(60ms));
    };
    rt.block_on(body());
  });
  CHECK_MESSAGE(late.finds("losers-go-on"), late.said);
  const auto prompt = consult([](weir::runtime& rt) {
    const auto body = []() -> task<void> {
      for (int i = 0; i < 3; ++i) co_await weir::when_any(listens(5ms), listens(60ms));
    };
    rt.block_on(body());
  });
  CHECK_MESSAGE(!prompt.finds("losers-go-on"), prompt.said);
}

TEST_CASE("doctor: a task that was never started and an error that nobody saw are found; an awaited one is none") {
  const auto forgotten = consult([](weir::runtime& rt) {
    const auto body = []() -> task<void> {
      const auto never = sleeps(1ms);
      co_return;
    };
    rt.block_on(body());
    const auto unseen = rt.cpu().submit([] { throw std::runtime_error{"unseen"}; });
  });
  CHECK_MESSAGE(forgotten.finds("fire-and-forget"), forgotten.said);
  const auto awaited = consult([](weir::runtime& rt) {
    rt.block_on(sleeps(1ms));
    CHECK_THROWS(rt.cpu().submit([] { throw std::runtime_error{"seen"}; }).get());
  });
  CHECK_MESSAGE(!awaited.finds("fire-and-forget"), awaited.said);
}

namespace {

// A producer of `each` items per ms, a consumer of `at_once`; after that time it takes what is left.
task<void> feeds(weir::channel<int>& to, int ms, int each) {
  for (int i = 0; i < ms; ++i) {
    for (int k = 0; k < each; ++k) (void)to.try_send(i);
    co_await weir::sleep_for(1ms);
  }
  to.close();
}
task<void> eats(weir::channel<int>& from, int ms, int at_once) {
  for (int i = 0;; ++i) {
    for (int k = 0; k < at_once; ++k)
      if (!co_await from.receive()) co_return;
    if (i < ms) co_await weir::sleep_for(1ms);
  }
}
task<void> line(int ms, int each, int at_once, std::size_t high) {
  weir::channel<int> items{8192, {.name = "items", .high = high, .low = 10}, {.on_high = [] {}, .on_low = [] {}}};
  co_await weir::when_all(feeds(items, ms, each), eats(items, ms, at_once));
}

}  // namespace

TEST_CASE("doctor: a queue that takes more than it gives is found; one whose consumer keeps up is none") {
  const auto grows = consult([](weir::runtime& rt) { rt.block_on(line(300, 4, 1, 8192)); });
  CHECK_MESSAGE(grows.finds("queue-growth"), grows.said);
  const auto keeps_up = consult([](weir::runtime& rt) { rt.block_on(line(300, 2, 8, 8192)); });
  CHECK_MESSAGE(!keeps_up.finds("queue-growth"), keeps_up.said);
}

TEST_CASE("doctor: a producer that goes on above the high watermark is found") {
  const auto deaf_producer = consult([](weir::runtime& rt) { rt.block_on(line(1100, 6, 1, 20)); });
  CHECK_MESSAGE(deaf_producer.finds("ignored-backpressure"), deaf_producer.said);
  const auto below = consult([](weir::runtime& rt) { rt.block_on(line(300, 1, 8, 2000)); });
  CHECK_MESSAGE(!below.finds("ignored-backpressure"), below.said);
}

TEST_CASE("doctor: an idle runtime and a periodic timer are nobody's fault") {
  const auto idle = consult([](weir::runtime& rt) {
    const auto ticks = []() -> task<void> {
      for (int i = 0; i < 50; ++i) co_await weir::sleep_for(2ms);
    };
    rt.block_on(ticks());
  });
  CHECK_MESSAGE(idle.status == 0, idle.said);
}
