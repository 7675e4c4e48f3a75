#include "rt/blocking_pool.hpp"

#include <weir/detail/thread_context.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "io/support/process.hpp"
#include "io/support/step.hpp"

using weir::rt::blocking_pool;
using weir_test::live_threads;
using weir_test::step;
using weir_test::threads_settle_at;
using stop_mode = blocking_pool::stop_mode;

namespace {

std::vector<std::unique_ptr<step>> steps(int n, std::function<void()> f) {
  std::vector<std::unique_ptr<step>> made;
  for (int i = 0; i < n; ++i) made.push_back(std::make_unique<step>(f));
  return made;
}

/// One thread of the pool is at work until it is let go.
class held_thread {
 public:
  explicit held_thread(blocking_pool& pool) {
    pool.run(work);
    running_.acquire();
  }
  void let_go() { go_on_.release(); }

 private:
  std::binary_semaphore running_{0}, go_on_{0};

 public:
  step work{[this] {
    running_.release();
    go_on_.acquire();
  }};
};

bool balanced(const weir::rt::blocking_stats& s) { return s.submitted == s.ran + s.cancelled; }

}  // namespace

TEST_CASE("blocking_pool: no more threads than allowed, each at work, the rest waits in line in order") {
  const long threads = live_threads();
  weir::rt::blocking_pool_options options;
  options.max_threads = 3;
  blocking_pool pool{std::move(options)};
  CHECK(threads_settle_at(threads));
  std::latch all_three{3}, go_on{1};
  auto holders = steps(3, [&] {
    all_three.count_down();
    go_on.wait();
  });
  for (auto& s : holders) pool.run(*s);
  all_three.wait();  // three run at once
  std::atomic<int> ran{0};
  auto line = steps(20, [&] { ++ran; });
  for (auto& s : line) pool.run(*s);
  auto s = pool.stats();
  CHECK(s.threads == 3);
  CHECK(s.queued == 20);
  CHECK(s.queued_high_water == 20);
  CHECK(live_threads() == threads + 3);
  go_on.count_down();
  pool.stop(stop_mode::drain);
  CHECK(ran.load() == 20);
  s = pool.stats();
  CHECK(balanced(s));
  CHECK(s.threads == 0);
  CHECK(threads_settle_at(threads));
}

TEST_CASE("blocking_pool: its threads say that they are blocking ones and carry their name") {
  weir::rt::blocking_pool_options options;
  options.max_threads = 1;
  options.sched = reinterpret_cast<weir::detail::scheduler*>(&options);
  auto* const sched = options.sched;
  std::atomic<int> started{0}, stopped{0};
  options.on_thread_start = [&] { ++started; };
  options.on_thread_stop = [&] { ++stopped; };
  blocking_pool pool{std::move(options)};
  char name[16] = {};
  weir::detail::thread_context seen;
  step s{[&] {
    seen = weir::detail::this_thread_context();
    pthread_getname_np(pthread_self(), name, sizeof name);
  }};
  pool.run(s);
  pool.stop(stop_mode::drain);
  CHECK(seen.role == weir::detail::thread_role::blocking);
  CHECK(seen.sched == sched);
  CHECK(std::string{name} == "weir-blk-0");
  CHECK(started.load() == 1);
  CHECK(stopped.load() == 1);
}

TEST_CASE("blocking_pool: idle threads end, and the pool starts others") {
  weir::rt::blocking_pool_options options;
  options.max_threads = 2;
  options.idle_time = std::chrono::nanoseconds{0};
  blocking_pool pool{std::move(options)};
  for (int round = 0; round < 200; ++round) {
    auto work = steps(4, [] {});
    for (auto& s : work) pool.run(*s);
    for (auto& s : work) s->done.acquire();
    if (round % 10 == 0)
      while (pool.stats().threads != 0) std::this_thread::yield();
  }
  CHECK(pool.stats().threads_started >= 20);
  CHECK(pool.stats().threads_high_water <= 2);
  pool.stop(stop_mode::drain);
  CHECK(balanced(pool.stats()));
}

TEST_CASE("blocking_pool: discard cancels the line and waits for what runs; later jobs are cancelled at once") {
  weir::rt::blocking_pool_options options;
  options.max_threads = 1;
  blocking_pool pool{std::move(options)};
  held_thread held{pool};
  auto line = steps(5, [] {});
  for (auto& s : line) pool.run(*s);
  std::thread stopper{[&] { pool.stop(stop_mode::discard); }};
  for (auto& s : line) s->done.acquire();
  CHECK(std::all_of(line.begin(), line.end(), [](auto& s) { return s->cancelled; }));
  held.let_go();
  stopper.join();
  step late{[] {}};
  pool.run(late);
  CHECK(late.cancelled);
  CHECK_FALSE(held.work.cancelled);
  CHECK(balanced(pool.stats()));
}

namespace {
std::atomic<int> creations_left;
int create_some(pthread_t* t, const pthread_attr_t* a, void* (*f)(void*), void* p) {
  return creations_left.fetch_sub(1) > 0 ? pthread_create(t, a, f, p) : EAGAIN;
}
}  // namespace

TEST_CASE("blocking_pool: without one thread the job is cancelled and reported; with one alive it waits in line") {
  std::atomic<int> reports{0};
  weir::rt::blocking_pool_options options;
  options.create_thread = &create_some;
  options.on_report = [&](const weir::report& r) { reports += r.kind == weir::report_kind::resource; };
  blocking_pool pool{std::move(options)};
  creations_left = 0;
  step refused{[] {}};
  pool.run(refused);
  CHECK(refused.cancelled);
  CHECK(reports.load() == 1);
  creations_left = 1;
  held_thread held{pool};
  auto line = steps(10, [] {});
  for (auto& s : line) pool.run(*s);
  CHECK(reports.load() == 2);  // once, not ten times
  CHECK(pool.stats().queued == 10);
  held.let_go();
  pool.stop(stop_mode::drain);
  CHECK(std::none_of(line.begin(), line.end(), [](auto& s) { return s->cancelled; }));
  CHECK(balanced(pool.stats()));
  CHECK(pool.stats().threads_refused == 11);
}

TEST_CASE("blocking_pool: who is withdrawn before it comes is cancelled when it does, whoever holds the threads") {
  using place = weir::detail::blocking_job::place;
  weir::rt::blocking_pool_options options;
  options.max_threads = 1;
  blocking_pool pool{std::move(options)};
  held_thread held{pool};
  step early{[] {}}, in_line{[] {}};
  CHECK(pool.withdraw(early) == place::outside);
  pool.run(early);
  CHECK(early.cancelled);
  pool.run(in_line);
  CHECK(pool.withdraw(in_line) == place::in_line);
  CHECK(pool.withdraw(in_line) == place::taken);
  CHECK(pool.withdraw(held.work) == place::taken);
  CHECK(pool.stats().queued == 0);
  held.let_go();
  held.work.done.acquire();
  pool.stop(stop_mode::drain);
  CHECK_FALSE(in_line.cancelled);
  CHECK(pool.stats().ran == 1);
  CHECK(balanced(pool.stats()));
}

namespace {
std::binary_semaphore thread_ends{0}, thread_may_go{0};
/// Code of the user's at the end of a thread, after the pool's own.
struct at_thread_end {
  ~at_thread_end() {
    thread_ends.release();
    thread_may_go.acquire();
  }
};
}  // namespace

TEST_CASE("blocking_pool: nobody waits under its lock, or in set_max_threads, for a thread that is just ending") {
  weir::rt::blocking_pool_options options;
  options.max_threads = 2;
  blocking_pool pool{std::move(options)};
  held_thread held{pool};
  step last{[] { static thread_local const at_thread_end here; }};
  pool.run(last);
  last.done.acquire();
  pool.set_max_threads(1);  // its thread goes
  thread_ends.acquire();
  step next{[] {}};
  pool.run(next);
  CHECK(pool.stats().queued == 1);
  pool.set_max_threads(2);  // in the place of the one that is ending
  next.done.acquire();
  CHECK(pool.stats().threads == 2);
  thread_may_go.release();
  held.let_go();
  pool.stop(stop_mode::drain);
  CHECK(pool.stats().ran == 3);
}

TEST_CASE("blocking_pool: run races with stop; every job acts once") {
  const long threads = live_threads();
  for (int round = 0; round < 500; ++round) {
    weir::rt::blocking_pool_options options;
    options.max_threads = 2;
    blocking_pool pool{std::move(options)};
    auto work = steps(8, [] {});
    std::thread starter{[&] {
      for (auto& s : work) pool.run(*s);
    }};
    pool.stop(round % 2 == 0 ? stop_mode::drain : stop_mode::discard);
    starter.join();
    for (auto& s : work) s->done.acquire();
    REQUIRE(balanced(pool.stats()));
  }
  CHECK(threads_settle_at(threads));
}

TEST_CASE("blocking_pool: zero threads is refused by name") {
  weir::rt::blocking_pool_options options;
  options.max_threads = 0;
  CHECK_THROWS_WITH_AS(blocking_pool{std::move(options)}, "weir: blocking_threads must be at least 1",
                       std::invalid_argument);
}
