// Every wait with a limit takes every limit: the smallest ones have passed, the largest ones never come.
#include <weir/spawn.hpp>
#include <weir/thread_pool.hpp>
#include <weir/timer.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "rt/fixture.hpp"

using namespace std::chrono;
using namespace weir_test;

namespace {

using coarse_time = time_point<steady_clock, hours>;

}  // namespace

TEST_CASE("wait_idle_for: a limit of the distant past has passed, one of the distant future does not overflow") {
  balanced_runtime rt{1};
  {
    held_workers held{rt.cpu(), 1};
    CHECK_FALSE(rt->wait_idle_for(nanoseconds::min()));
    CHECK_FALSE(rt->wait_idle_for(nanoseconds{0}));
  }
  CHECK(rt->wait_idle_for(nanoseconds::max()));
}

TEST_CASE("shutdown: a deadline of the distant past has passed, and what waits is cancelled") {
  weir::runtime rt{with_threads(1)};
  std::atomic<bool> ran{false}, cancelling{false};
  const auto watch = [&]() -> weir::task<void> {
    try {
      co_await weir::sleep_for(hours{1});
    } catch (const weir::operation_cancelled&) {
      cancelling = true;
    }
  };
  {
    held_workers held{rt.cpu(), 1};
    auto watching = weir::spawn(rt.io(), watch());
    auto queued = rt.cpu().submit([&] { ran = true; });
    std::thread ends{[&] { CHECK_FALSE(rt.shutdown(weir::shutdown_mode::drain, nanoseconds::min()).in_time); }};
    until([&] { return cancelling.load(); });  // queued jobs are cancelled before tasks are
    held.release();
    CHECK_THROWS_AS(queued.get(), weir::operation_cancelled);
    ends.join();
    watching.get();
  }
  CHECK_FALSE(ran);
  check_books(rt.stats());
}

TEST_CASE("shutdown: a job that runs on is reported by its name") {
  std::atomic<bool> told{false};
  std::string message;
  weir::runtime_options options = with_threads(1);
  options.on_report = [&](const weir::report& r) {
    if (r.kind != weir::report_kind::uncancellable) return;
    message = r.message;
    told = true;
  };
  weir::runtime rt{options};
  std::atomic<bool> there{false};
  rt.cpu().post({.name = "stubborn"}, [&] {
    there = true;
    until([&] { return told.load(); });
  });
  until([&] { return there.load(); });
  CHECK_FALSE(rt.shutdown(weir::shutdown_mode::drain, nanoseconds{0}).in_time);
  CHECK(message.find("1 job(s): stubborn run on") != std::string::npos);
}

TEST_CASE("thread_pool and multi_future: waits take the smallest and the largest limits") {
  weir::thread_pool pool{1};
  std::atomic<bool> open{false};
  weir::multi_future<void> all;
  all.push_back(pool.submit([&] { open.wait(false); }));
  CHECK_FALSE(pool.wait_for(nanoseconds::min()));
  CHECK_FALSE(pool.wait_until(steady_clock::time_point::min()));
  CHECK_FALSE(pool.wait_until(system_clock::time_point::min()));
  CHECK_FALSE(all.wait_for(nanoseconds::min()));
  CHECK_FALSE(all.wait_until(steady_clock::time_point::min()));
  open = true;
  open.notify_all();
  CHECK(all.wait_for(hours::max()));
  CHECK(all.wait_until(coarse_time::max()));
  CHECK(pool.wait_for(hours::max()));
  CHECK(pool.wait_until(coarse_time::max()));
  CHECK(weir::multi_future<void>{}.wait_for(nanoseconds::min()));
}
