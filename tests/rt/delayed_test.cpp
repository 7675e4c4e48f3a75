// What becomes of delayed jobs when the queue is full and when the runtime, or the pool, ends.
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/strand.hpp>
#include <weir/thread_pool.hpp>
#include <weir/timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"

using namespace std::chrono_literals;
using namespace weir_test;

namespace {

void until_closing(weir::runtime& rt) {
  until([&] {
    try {
      rt.cpu().post_after(1h, [] {}).cancel();
      return false;
    } catch (const weir::runtime_closed&) {
      return true;
    }
  });
}

// Ends when the runtime stops what is left: after it has begun to discard.
weir::task<void> is_told(std::atomic<bool>& told) {
  try {
    co_await weir::sleep_for(1h);
  } catch (const weir::operation_cancelled&) {
    told = true;
  }
}

// Ten jobs that are due and stand behind the one worker's only job when the shutdown begins, one due in an hour, and a
// periodic one that is due as well.
struct ended {
  int ran, ran_again;
  weir::shutdown_report report;
  weir::runtime_stats stats;
};
ended shut_down_with_due_jobs(weir::shutdown_mode mode) {
  weir::runtime rt{with_threads(1)};
  held_workers held{rt.cpu(), 1};
  std::atomic<int> ran{0}, again{0};
  for (int i = 0; i < 10; ++i) rt.cpu().post_after(1ms, [&] { ++ran; });
  rt.cpu().post_after(1h, [&] { ran += 100; });
  rt.cpu().post_every(1ms, [&] { ++again; });
  until([&] { return rt.stats().jobs_attempted == 12; });
  std::atomic<bool> told{mode == weir::shutdown_mode::drain};
  if (!told) (void)weir::spawn(rt.io(), is_told(told));
  weir::shutdown_report report;
  std::thread ends{[&] { report = rt.shutdown(mode); }};
  until_closing(rt);
  until([&] { return told.load(); });
  held.release();
  ends.join();
  check_books(rt.stats());
  return {ran, again, report, rt.stats()};
}

}  // namespace

TEST_CASE("shutdown: a drain runs the delayed jobs that are due, and cancels those that are not") {
  const ended e = shut_down_with_due_jobs(weir::shutdown_mode::drain);
  CHECK(e.ran == 10);
  CHECK(e.ran_again == 1);
  CHECK(e.report.cancelled == 0);
  CHECK(e.report.delayed_cancelled == 2);  // the one in an hour, and what the periodic one would still have done
  CHECK(e.stats.delayed_jobs == 0);
}

TEST_CASE("shutdown: a discard counts a delayed job that is due once, as a cancelled job") {
  const ended e = shut_down_with_due_jobs(weir::shutdown_mode::discard);
  CHECK(e.ran == 0);
  CHECK(e.ran_again == 0);
  CHECK(e.report.cancelled == 11);
  CHECK(e.report.delayed_cancelled == 2);
  CHECK(e.stats.jobs_cancelled == 11);
}

TEST_CASE("runtime: the destructor runs the delayed jobs that are due") {
  std::atomic<int> ran{0};
  std::latch hold{1};
  {
    weir::runtime rt{with_threads(1)};
    rt.cpu().post([&] { hold.wait(); });
    for (int i = 0; i < 10; ++i) rt.cpu().post_after(1ms, [&] { ++ran; });
    until([&] { return rt.stats().jobs_attempted == 11; });
    hold.count_down();
  }
  CHECK(ran == 10);
}

TEST_CASE("executor: a delayed job that finds no room has not been handed in, however often it asks") {
  weir::runtime_options options = with_threads(1);
  options.queue_capacity = 1;
  balanced_runtime rt{options};
  std::atomic<int> ran{0};
  weir::delayed_job waits;
  {
    held_workers held{rt.cpu(), 1};
    waits = rt.cpu().post_after(1ms, [&] { ++ran; });
    const std::uint64_t turns = rt->stats().reactor_turns;
    until([&] { return rt->stats().reactor_turns > turns + 10; });
    CHECK(rt->stats().jobs_attempted == 1);
    CHECK(ran == 0);
  }
  until([&] { return waits.ended(); });
  CHECK(ran == 1);
  CHECK(rt.idle_stats().jobs_rejected == 0);
}

TEST_CASE("shutdown: a delayed job that is due and finds no room is cancelled, and counted once") {
  weir::runtime_options options = with_threads(1);
  options.queue_capacity = 1;
  weir::runtime rt{options};
  held_workers held{rt.cpu(), 1};
  std::atomic<int> ran{0};
  rt.cpu().post_after(1ms, [&] { ++ran; });
  const std::uint64_t turns = rt.stats().reactor_turns;
  until([&] { return rt.stats().reactor_turns > turns + 5; });
  weir::shutdown_report report;
  std::thread ends{[&] { report = rt.shutdown(weir::shutdown_mode::drain); }};
  until_closing(rt);
  held.release();
  ends.join();
  CHECK(ran == 0);
  CHECK(report.delayed_cancelled == 1);
  CHECK(rt.stats().jobs_attempted == 1);
}

TEST_CASE("executor: a strand's delayed jobs wait for room in the strand") {
  balanced_runtime rt{2};
  const weir::strand one{rt.cpu(), weir::strand_options{.capacity = 1}};
  std::latch hold{1};
  std::atomic<int> ran{0};
  one.get().post([&] { hold.wait(); });
  weir::delayed_job a = one.get().post_after(1ms, [&] { ++ran; }), b = one.get().post_after(1ms, [&] { ++ran; });
  const std::uint64_t turns = rt->stats().reactor_turns;
  until([&] { return rt->stats().reactor_turns > turns + 10; });
  CHECK(rt->stats().jobs_attempted == 1);
  hold.count_down();
  until([&] { return a.ended() && b.ended(); });
  CHECK(ran == 2);
  CHECK(rt.idle_stats().jobs_rejected == 0);
}

TEST_CASE("stats: a timer is armed from the moment of its call, whether or not the reactor has looked") {
  balanced_runtime rt{1};
  weir::delayed_job far = rt.cpu().post_after(1h, [] {});
  const std::uint64_t turns = rt->stats().reactor_turns;
  weir::delayed_job farther = rt.cpu().post_after(2h, [] {});  // waits in a mailbox: it wakes nobody
  CHECK(rt->stats().timers_armed == 2);
  CHECK(rt->stats().reactor_turns <= turns + 1);
  CHECK((far.cancel() && farther.cancel()));
  until([&] { return far.ended() && farther.ended(); });
  CHECK(rt->stats().timers_armed == 0);
}

TEST_CASE(
    "thread_pool: delayed jobs that are due are the pool's: wait and the destructor wait for them, purge ends them") {
  std::atomic<int> ran{0};
  const auto held_with_due = [&](weir::thread_pool& pool, std::latch& hold) {
    pool.detach([&] { hold.wait(); });
    for (int i = 0; i < 10; ++i) pool.detach_after(1ms, [&] { ++ran; });
    until([&] { return pool.tasks_queued() == 10 && pool.tasks_running() == 1; });
  };
  {
    weir::thread_pool pool{1};
    std::latch hold{1};
    held_with_due(pool, hold);
    hold.count_down();
    pool.wait();
    CHECK(ran == 10);
  }
  std::latch hold{1}, purged{1};
  {
    weir::thread_pool pool{1};
    held_with_due(pool, purged);
    CHECK(pool.purge() == 10);
    purged.count_down();
    pool.wait();
    CHECK(pool.stats().cancelled == 10);
    held_with_due(pool, hold);
    hold.count_down();
  }
  CHECK(ran == 20);
}

TEST_CASE("thread_pool: a delayed job in the queue is ended by its handle") {
  weir::thread_pool pool{1};
  std::latch hold{1};
  std::atomic<int> ran{0};
  pool.detach([&] { hold.wait(); });
  weir::delayed_job job = pool.detach_after(1ms, [&] { ++ran; });
  until([&] { return pool.tasks_queued() == 1 && pool.tasks_running() == 1; });
  CHECK(job.cancel());
  hold.count_down();
  pool.wait();
  CHECK(ran == 0);
  CHECK(job.ended());
  CHECK(pool.stats().cancelled == 1);
}
