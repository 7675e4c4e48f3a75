// Where what the submitting thread runs itself reports to, and when a delayed job's callable goes.
#include <weir/detail/thread_context.hpp>
#include <weir/runtime.hpp>
#include <weir/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"

using namespace weir;
using namespace weir_test;

TEST_CASE(
    "executor: what work throws that the submitting thread runs itself goes to the runtime's sink, and is counted") {
  std::atomic<int> told{0};
  weir::runtime_options options = with_threads(1);
  options.queue_capacity = 1;
  options.on_full = on_full::run_inline;
  options.on_report = [&](const weir::report& r) { told += r.kind == weir::report_kind::unhandled_exception ? 1 : 0; };
  balanced_runtime rt{options};
  held_workers held{rt.cpu(), 1};
  rt.cpu().post([] { throw std::runtime_error{"inline"}; });
  rt.cpu().post_bulk(3, [](std::size_t) { throw std::runtime_error{"inline"}; });
  CHECK(told == 4);
  CHECK(rt->stats().reports[static_cast<std::size_t>(weir::report_kind::unhandled_exception)] == 4);
  CHECK(weir::detail::this_thread_context().sched == nullptr);
}

TEST_CASE("executor: a delayed job's callable is gone when it has ended, however long its handle is kept") {
  balanced_runtime rt{1};
  const auto kept = std::make_shared<int>(0);
  weir::delayed_job later = rt.cpu().post_after(std::chrono::hours{1}, [kept] {});
  weir::delayed_job soon = rt.cpu().post_after(std::chrono::milliseconds{1}, [kept] {});
  CHECK(later.cancel());
  until([&] { return later.ended() && soon.ended(); });
  CHECK(kept.use_count() == 1);
  CHECK_FALSE(later.cancel());
}

TEST_CASE("thread_pool: what a detached job throws that the submitter runs itself goes to the pool's sink") {
  std::atomic<int> told{0};
  thread_pool pool{
      {.threads = 1, .queue_capacity = 1, .on_full = on_full::run_inline, .on_report = [&](const report&) { ++told; }}};
  std::latch held{1};
  pool.detach([&] { held.wait(); });
  while (pool.stats().queued != 0) std::this_thread::yield();
  pool.detach([] {});
  pool.detach([] { throw std::runtime_error{"inline"}; });
  CHECK(told == 1);
  held.count_down();
  pool.wait();
}
