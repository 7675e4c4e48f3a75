#include <weir/thread_pool.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <latch>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "roof/fixture.hpp"
#include "support/fake_scheduler.hpp"

using namespace weir;
using namespace weir_test;

namespace {

std::string refusal(const thread_pool_options& options) {
  try {
    thread_pool pool{options};
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

// Keeps one worker of a pool busy until opened.
struct gate {
  std::latch entered{1}, open{1};
  void hold() {
    entered.count_down();
    open.wait();
  }
};

}  // namespace

TEST_CASE("thread_pool: results, arguments, exceptions and move-only things go through submit") {
  thread_pool pool{2};
  CHECK(pool.size() == 2);
  CHECK(pool.get_thread_count() == 2);
  auto sum = pool.submit([](int a, std::unique_ptr<int> b) { return a + *b; }, 1, std::make_unique<int>(2));
  auto boo = pool.submit([]() -> int { throw std::runtime_error{"boo"}; });
  int x = 0;
  auto ref = pool.submit([&]() -> int& { return x; });
  auto owner = pool.submit([] { return std::make_unique<int>(7); });
  CHECK(sum.get() == 3);
  CHECK_THROWS_WITH_AS(boo.get(), "boo", std::runtime_error);
  CHECK(&ref.get() == &x);
  CHECK(*owner.get() == 7);
  pool.wait();
  CHECK(pool.stats().failed == 1);
  CHECK(balanced(pool.stats()));
}

TEST_CASE("thread_pool: the destructor finishes the work, of a paused pool too") {
  std::atomic<int> ran{0};
  {
    thread_pool pool{2};
    pool.pause();
    for (int i = 0; i < 1000; ++i) pool.detach([&] { ++ran; });
    CHECK(ran == 0);
  }
  CHECK(ran == 1000);
}

TEST_CASE("thread_pool: jobs start in the order they were submitted") {
  std::vector<int> order;
  {
    thread_pool pool{1};
    for (int i = 0; i < 1000; ++i) pool.detach([&order, i] { order.push_back(i); });
  }
  std::vector<int> expected(1000);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(order == expected);
}

TEST_CASE("thread_pool: init runs once on every worker thread, before its first job") {
  std::mutex mutex;
  std::set<std::thread::id> initialised;
  int calls = 0, early = 0;
  {
    thread_pool pool{2, [&](unsigned index) {
                       const std::lock_guard lock{mutex};
                       ++calls;
                       if (index < 2) initialised.insert(std::this_thread::get_id());
                     }};
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < 50; ++i) {
        pool.detach([&] {
          const std::lock_guard lock{mutex};
          if (!initialised.contains(std::this_thread::get_id())) ++early;
        });
      }
      pool.wait();
    }
  }
  CHECK(early == 0);
  CHECK(calls == static_cast<int>(initialised.size()));
}

TEST_CASE("thread_pool: pause stops starts, wait then waits for what runs only, unpause goes on") {
  thread_pool pool{2};
  gate g;
  std::atomic<int> ran{0};
  pool.detach([&] { g.hold(); });
  g.entered.wait();
  pool.pause();
  CHECK(pool.is_paused());
  for (int i = 0; i < 10; ++i) pool.detach([&] { ++ran; });
  CHECK_FALSE(pool.wait_for(std::chrono::microseconds{100}));
  CHECK(pool.tasks_queued() == 10);
  CHECK(pool.tasks_running() == 1);
  CHECK(pool.tasks_total() == 11);
  g.open.count_down();
  pool.wait();
  CHECK(ran == 0);
  CHECK(pool.tasks_total() == 10);
  pool.unpause();
  CHECK_FALSE(pool.is_paused());
  CHECK(pool.wait_for(std::chrono::hours::max()));
  CHECK(pool.wait_until(std::chrono::system_clock::now() + std::chrono::hours{1}));
  CHECK(ran == 10);
  CHECK(balanced(pool.stats()));
}

TEST_CASE("thread_pool: purge ends what is queued at once, tells how many, and leaves the room free") {
  thread_pool pool{{.threads = 1, .queue_capacity = 5, .on_full = on_full::reject}};
  gate g;
  pool.detach([&] { g.hold(); });
  g.entered.wait();  // the only worker is busy from here on
  counted_object::reset();
  std::vector<future<int>> futures;
  for (int i = 0; i < 4; ++i) futures.push_back(pool.submit([i, o = counted_object{}] { return i; }));
  pool.detach([o = counted_object{}] {});
  CHECK_THROWS_AS(pool.detach([] {}), queue_full);
  CHECK(pool.purge() == 5);
  CHECK(counted_object::balanced());
  for (auto& f : futures) CHECK_THROWS_AS(f.get(), operation_cancelled);
  CHECK(pool.tasks_queued() == 0);
  CHECK(pool.purge() == 0);
  auto again = pool.submit([] { return 1; });
  g.open.count_down();
  CHECK(again.get() == 1);
  pool.wait();
  CHECK(pool.stats().cancelled == 5);
  CHECK(pool.stats().rejected == 1);
  CHECK(balanced(pool.stats()));
}

TEST_CASE("thread_pool: a job cancelled through its future leaves the queue at once") {
  thread_pool pool{{.threads = 1, .queue_capacity = 1, .on_full = on_full::reject}};
  gate g;
  pool.detach([&] { g.hold(); });
  g.entered.wait();
  auto f = pool.submit([] { return 1; });
  CHECK(f.cancel());
  CHECK(pool.tasks_queued() == 0);
  auto f2 = pool.submit([] { return 2; });  // there is room again
  g.open.count_down();
  CHECK_THROWS_AS(f.get(), operation_cancelled);
  CHECK(f2.get() == 2);
  pool.wait();
  CHECK(balanced(pool.stats()));
}

TEST_CASE("thread_pool: a full queue makes outside threads wait, under on_full::wait") {
  thread_pool pool{{.threads = 1, .queue_capacity = 3}};
  gate g;
  std::atomic<int> ran{0}, handed_in{0};
  pool.detach([&] { g.hold(); });
  g.entered.wait();
  std::vector<std::thread> producers;
  for (int p = 0; p < 2; ++p) {
    producers.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        pool.detach([&] { ++ran; });
        ++handed_in;
      }
    });
  }
  while (pool.tasks_queued() < 3) std::this_thread::yield();
  CHECK(handed_in <= 3);
  g.open.count_down();
  for (auto& t : producers) t.join();
  pool.wait();
  CHECK(ran == 200);
  CHECK(pool.stats().queue_high_water == 3);
  CHECK(balanced(pool.stats()));
}

TEST_CASE("thread_pool: a worker of the pool never waits for room: it gets queue_full, or runs the job itself") {
  for (const on_full policy : {on_full::wait, on_full::reject, on_full::run_inline}) {
    thread_pool pool{{.threads = 1, .queue_capacity = 2, .on_full = policy}};
    auto outcome = pool.submit([&] {
      int refused = 0, ran = 0;
      for (int i = 0; i < 5; ++i) {
        try {
          pool.detach([&ran] { ++ran; });
        } catch (const queue_full&) {
          ++refused;
        }
      }
      pool.purge();
      return std::pair{refused, ran};
    });
    const auto [refused, ran] = outcome.get();
    CHECK(refused == (policy == on_full::run_inline ? 0 : 3));
    CHECK(ran == (policy == on_full::run_inline ? 3 : 0));
    pool.wait();
    CHECK(balanced(pool.stats()));
  }
}

TEST_CASE("thread_pool: jobs that submit and wait for jobs do not deadlock one worker, and are counted once") {
  thread_pool pool{1};
  struct fib {
    thread_pool& pool;
    int operator()(int n) const {
      if (n < 2) return n;
      auto left = pool.submit(*this, n - 1);
      const int right = (*this)(n - 2);
      return left.get() + right;
    }
  };
  CHECK(pool.submit(fib{pool}, 12).get() == 144);
  pool.wait();
  CHECK(pool.stats().ok == pool.stats().attempted);
  CHECK(pool.tasks_total() == 0);
  CHECK(pool.runtime().stats().jobs_balance());
}

TEST_CASE("thread_pool: wait on a worker of the pool is refused") {
  thread_pool pool{2};
  CHECK_THROWS_AS(pool.submit([&] { pool.wait(); }).get(), would_deadlock);
}

TEST_CASE("thread_pool: delayed and periodic jobs run as the pool's jobs, and can be cancelled") {
  thread_pool pool{2};
  std::latch twice{2}, once{1};
  auto every = pool.detach_every(std::chrono::milliseconds{1}, [&, n = 0]() mutable {
    if (++n <= 2) twice.count_down();
  });
  auto after = pool.detach_after(std::chrono::milliseconds{1}, [&] { once.count_down(); });
  auto never = pool.detach_after(std::chrono::hours{1}, [] { FAIL("ran"); });
  twice.wait();
  once.wait();
  every.cancel();
  CHECK(never.cancel());
  while (!every.ended() || !after.ended()) std::this_thread::yield();
  pool.wait();
  CHECK(pool.stats().ok >= 3);
  CHECK(balanced(pool.stats()));
  (void)pool.detach_after(std::chrono::hours{1}, [] {});  // the destructor does not wait for it
}

TEST_CASE("thread_pool: a delayed job that comes due while the pool is paused joins the queue") {
  thread_pool pool{1};
  pool.pause();
  std::atomic<bool> ran{false};
  (void)pool.detach_after(std::chrono::nanoseconds{1}, [&] { ran = true; });
  while (pool.tasks_queued() == 0) std::this_thread::yield();
  CHECK_FALSE(ran);
  pool.unpause();
  pool.wait();
  CHECK(ran);
}

TEST_CASE("thread_pool: exceptions of detached jobs go to the sink, and the pool goes on") {
  std::mutex mutex;
  std::vector<report_kind> seen;
  std::atomic<int> ran{0};
  {
    thread_pool pool{{.threads = 2, .on_report = [&](const report& r) {
                        const std::lock_guard lock{mutex};
                        seen.push_back(r.kind);
                      }}};
    pool.detach([] { throw 1; });
    pool.detach([](std::string s) { throw std::runtime_error{s}; }, "boo");
    pool.detach([&](int n) { ran += n; }, 3);
  }
  CHECK(seen == std::vector{report_kind::unhandled_exception, report_kind::unhandled_exception});
  CHECK(ran == 3);
}

TEST_CASE("thread_pool: two pools side by side, one waiting for the other's jobs") {
  thread_pool a{1}, b{1};
  auto answer = a.submit([&] {
    auto thread = b.submit([] { return std::this_thread::get_id(); });
    return thread.get() != std::this_thread::get_id();  // not run in place: it is the other pool's
  });
  CHECK(answer.get());
  a.wait();
  b.wait();
  CHECK(balanced(a.stats()));
  CHECK(balanced(b.stats()));
}

TEST_CASE("thread_pool: submitting, purging, pausing, cancelling and waiting at once loses and doubles nothing") {
  counted_object::reset();
  std::atomic<std::uint64_t> ran{0}, ended{0}, purged{0};
  {
    thread_pool pool{{.threads = 2, .queue_capacity = 8}};
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 3000; ++i) {
          auto f = pool.submit([&, o = counted_object{}] { ++ran; });
          if (i % 3 == 0) f.cancel();
          if (i % 7 == 0) continue;  // dropped
          try {
            f.get();
            ++ended;
          } catch (const operation_cancelled&) {
            ++ended;
          }
        }
      });
    }
    std::thread disturber{[&] {
      while (!stop) {
        pool.pause();
        purged += pool.purge();
        pool.unpause();
        (void)pool.wait_for(std::chrono::microseconds{10});
      }
    }};
    for (auto& t : threads) t.join();
    stop = true;
    disturber.join();
    pool.wait();
    const auto s = pool.stats();
    CHECK(s.attempted == 6000);
    CHECK(s.ok == ran);
    CHECK(s.cancelled >= purged);
    CHECK(balanced(s));
  }
  CHECK(counted_object::balanced());
}

TEST_CASE("thread_pool: impossible options are named") {
  CHECK_THROWS_WITH_AS((thread_pool{{.queue_capacity = 0}}), "weir: thread_pool_options::queue_capacity must be >= 1",
                       std::invalid_argument);
}

TEST_CASE("thread_pool: an impossible option is refused by the pool's own name for it") {
  CHECK(refusal({.threads = static_cast<unsigned>(-1)}).find("thread_pool_options::threads") != std::string::npos);
  CHECK(refusal({.threads = 1, .queue_capacity = 0}).find("thread_pool_options::queue_capacity") != std::string::npos);
  CHECK(refusal({.threads = 1, .on_full = static_cast<on_full>(9)}).find("thread_pool_options::on_full") !=
        std::string::npos);
}

TEST_CASE("thread_pool: a delayed job that comes due while the pool is paused and full is not lost") {
  std::atomic<int> reports{0}, ran{0};
  thread_pool pool{{.threads = 1, .queue_capacity = 1, .on_report = [&](const report&) { ++reports; }}};
  pool.pause();
  pool.detach([] {});
  const delayed_job first = pool.detach_after(std::chrono::milliseconds{1}, [&] { ++ran; });
  const delayed_job second = pool.detach_after(std::chrono::milliseconds{1}, [&] { ++ran; });
  while (pool.tasks_queued() != 3) std::this_thread::yield();
  CHECK(ran == 0);
  pool.unpause();
  pool.wait();
  CHECK(ran == 2);
  CHECK(reports == 0);
  const thread_pool_stats s = pool.stats();
  CHECK(s.ok == 3);
  CHECK(s.attempted == 3);
  CHECK(s.rejected == 0);
}

TEST_CASE("thread_pool: loops over narrow integers call exactly the indices of the range") {
  thread_pool pool{{.threads = 4}};
  std::vector<std::atomic<int>> seen(256);
  pool.submit_loop(std::int8_t{-100}, std::int8_t{100},
                   [&](std::int8_t i) { ++seen[static_cast<std::size_t>(i + 128)]; })
      .get();
  for (int i = -128; i < 128; ++i) CHECK(seen[static_cast<std::size_t>(i + 128)] == (i >= -100 && i < 100 ? 1 : 0));
  std::atomic<int> calls{0};
  pool.submit_loop(short{-5}, short{5}, [&](short) { ++calls; }).get();
  pool.submit_blocks(short{-5}, short{5}, [&](short begin, short end) { calls += end - begin; }).get();
  CHECK(calls == 20);
}
