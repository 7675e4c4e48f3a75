// Mutex, condition, event, latch, barrier: order, hand-off, stops.
#include "flow/in_group.hpp"

#include <atomic>
#include <deque>
#include <stop_token>
#include <thread>
#include <vector>

#include <weir/async_barrier.hpp>
#include <weir/async_condition.hpp>
#include <weir/async_event.hpp>
#include <weir/async_latch.hpp>
#include <weir/async_mutex.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/stop.hpp>
#include <weir/this_task.hpp>

#include "support/stress.hpp"

using namespace flow_test;
using testing::manual_runtime;
namespace stress = weir_test::stress;

TEST_CASE_FIXTURE(no_frames_left, "mutex: one at a time, in order, across awaits") {
  manual_runtime rt;
  async_mutex m;
  std::vector<int> order;
  gauge g;
  auto use = [&](int id) -> task<> {
    const async_lock l = co_await m.lock();
    order.push_back(id);
    co_await call(g, 10ms, 0);
  };
  auto fn = [&](task_group& group) -> task<> {
    for (int i = 0; i < 5; ++i) co_await group.spawn(use(i));
  };
  in_group(rt, fn);
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(g.peak == 1);
  CHECK(elapsed(rt) == 50);
  CHECK_FALSE(m.locked());
}

TEST_CASE_FIXTURE(no_frames_left, "mutex: a release hands over before the next has resumed: nobody barges in") {
  manual_runtime rt;
  async_mutex m;
  std::vector<int> order;
  auto first = [&]() -> task<> {
    async_lock l = co_await m.lock();
    co_await sleep_for(1ms);
    l.unlock();
    CHECK_FALSE(m.try_lock());
    CHECK(m.locked());
    const async_lock again = co_await m.lock();
    order.push_back(3);
  };
  auto second = [&]() -> task<> {
    const async_lock l = co_await m.lock();
    order.push_back(2);
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(first());
    co_await g.spawn(second());
  };
  in_group(rt, fn);
  CHECK(order == std::vector<int>{2, 3});
}

TEST_CASE_FIXTURE(no_frames_left,
                  "mutex: asking for what one holds is an error, not a hang; a thrown exception releases") {
  manual_runtime rt;
  async_mutex m;
  auto nested = [&]() -> task<> {
    const async_lock l = co_await m.lock();
    auto inner = [&]() -> task<> { const async_lock twice = co_await m.lock(); };
    co_await inner();
  };
  CHECK_THROWS_AS(rt.block_on(nested()), would_deadlock);
  CHECK_FALSE(m.locked());
}

TEST_CASE_FIXTURE(no_frames_left, "mutex: a waiter that is stopped leaves the line; the others keep their turn") {
  manual_runtime rt;
  async_mutex m;
  std::vector<int> order;
  auto use = [&](int id, std::chrono::milliseconds limit) -> task<> {
    auto inner = [&]() -> task<> {
      const async_lock l = co_await m.lock();
      order.push_back(id);
      co_await sleep_for(20ms);
    };
    try {
      co_await with_timeout(limit, inner());
    } catch (const operation_timed_out&) {
      order.push_back(-id);
    }
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(use(1, 1s));
    co_await g.spawn(use(2, 10ms));
    co_await g.spawn(use(3, 1s));
  };
  in_group(rt, fn);
  CHECK(order == std::vector<int>{1, -2, 3});
  CHECK(elapsed(rt) == 40);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "condition: a wait releases the mutex and holds it again; notify_one wakes in order") {
  manual_runtime rt;
  async_mutex m;
  async_condition changed;
  std::deque<int> queue;
  std::vector<int> got;
  auto consume = [&](int id) -> task<> {
    async_lock l = co_await m.lock();
    while (queue.empty()) co_await changed.wait(l);
    CHECK(l);
    CHECK(m.locked());
    got.push_back(id * 100 + queue.front());
    queue.pop_front();
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 1; i <= 3; ++i) co_await g.spawn(consume(i));
    co_await sleep_for(1ms);
    CHECK(changed.waiting() == 3);
    CHECK_FALSE(m.locked());
    for (int i = 1; i <= 3; ++i) {
      const async_lock l = co_await m.lock();
      queue.push_back(i);
      changed.notify_one();
    }
  };
  in_group(rt, fn);
  CHECK(got == std::vector<int>{101, 202, 303});
  CHECK_FALSE(m.locked());
}

TEST_CASE_FIXTURE(no_frames_left, "condition: notify_all hands the mutex on from one to the next; nobody is left") {
  manual_runtime rt;
  async_mutex m;
  async_condition changed;
  bool open = false;
  gauge g;
  auto wait = [&]() -> task<> {
    async_lock l = co_await m.lock();
    while (!open) co_await changed.wait(l);
    co_await call(g, 10ms, 0);
  };
  auto fn = [&](task_group& group) -> task<> {
    for (int i = 0; i < 4; ++i) co_await group.spawn(wait());
    co_await sleep_for(1ms);
    open = true;
    changed.notify_all();
  };
  in_group(rt, fn);
  CHECK(g.peak == 1);
  CHECK(elapsed(rt) == 41);
}

TEST_CASE_FIXTURE(no_frames_left, "condition: who is stopped in a wait holds the mutex again when it is told") {
  manual_runtime rt;
  async_mutex m;
  async_condition changed;
  auto wait = [&]() -> task<> {
    async_lock l = co_await m.lock();
    try {
      co_await with_timeout(10ms, changed.wait(l));
      CHECK(false);
    } catch (const operation_timed_out&) {
      CHECK(elapsed(rt) == 30);  // the other one had it until then
      CHECK(l);
      CHECK(m.locked());
    }
  };
  auto hold = [&]() -> task<> {
    const async_lock l = co_await m.lock();
    co_await sleep_for(30ms);
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(wait());
    co_await g.spawn(hold());
  };
  in_group(rt, fn);
  CHECK_FALSE(m.locked());
  CHECK(changed.waiting() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "condition: a wait needs a lock that is held") {
  manual_runtime rt;
  async_condition changed;
  auto body = [&]() -> task<> {
    async_lock none;
    co_await changed.wait(none);
  };
  CHECK_THROWS_AS(rt.block_on(body()), std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "event: set lets everybody go who waits, also when it is reset at once") {
  manual_runtime rt;
  async_event e;
  int passed = 0;
  auto wait = [&]() -> task<> {
    co_await e.wait();
    ++passed;
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 3; ++i) co_await g.spawn(wait());
    co_await sleep_for(1ms);
    CHECK(e.waiting() == 3);
    e.set();
    e.reset();
    co_await sleep_for(1ms);
    CHECK(passed == 3);
    co_await g.spawn(wait());
    co_await sleep_for(1ms);
    CHECK(passed == 3);
    e.set();
    co_await e.wait();  // at once
  };
  in_group(rt, fn);
  CHECK(passed == 4);
}

TEST_CASE_FIXTURE(no_frames_left, "latch: goes on when the count is zero, and ever after; never below zero") {
  manual_runtime rt;
  async_latch l{3};
  auto part = [&](std::chrono::milliseconds d) -> task<> {
    co_await sleep_for(d);
    l.count_down();
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 1; i <= 3; ++i) co_await g.spawn(part(10ms * i));
    co_await l.wait();
    CHECK(elapsed(rt) == 30);
    l.count_down(7);
    CHECK(l.left() == 0);
    co_await l.wait();
    co_await l.arrive_and_wait();
  };
  in_group(rt, fn);
}

TEST_CASE_FIXTURE(no_frames_left, "latch: a stopped wait leaves the count as it is") {
  manual_runtime rt;
  async_latch l{1};
  auto body = [&]() -> task<> { co_await with_timeout(5ms, l.wait()); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  CHECK(l.left() == 1);
  CHECK(l.waiting() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "barrier: n meet in every phase; one of them is told that it was the last") {
  manual_runtime rt;
  async_barrier b{3};
  int last = 0;
  auto walk = [&](std::chrono::milliseconds step) -> task<> {
    for (int phase = 1; phase <= 4; ++phase) {
      co_await sleep_for(step);
      if (co_await b.arrive_and_wait()) ++last;
      CHECK(elapsed(rt) == 30 * phase);
    }
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 1; i <= 3; ++i) co_await g.spawn(walk(10ms * i));
  };
  in_group(rt, fn);
  CHECK(last == 4);
  CHECK(b.phase() == 4);
}

TEST_CASE_FIXTURE(no_frames_left, "barrier: who is stopped has not arrived; drop() lets the others go on") {
  manual_runtime rt;
  async_barrier b{3};
  int passed = 0;
  auto walk = [&]() -> task<> {
    co_await b.arrive_and_wait();
    ++passed;
  };
  auto gives_up = [&]() -> task<> {
    try {
      co_await with_timeout(5ms, b.arrive_and_wait());
    } catch (const operation_timed_out&) {
    }
    CHECK(b.waiting() == 1);
    co_await sleep_for(10ms);
    CHECK(b.waiting() == 2);  // its arrival did not count: two are waiting, not three
    CHECK(passed == 0);
    b.drop();
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(walk());
    co_await g.spawn(gives_up());
    co_await sleep_for(10ms);
    co_await g.spawn(walk());
  };
  in_group(rt, fn);
  CHECK(passed == 2);
  CHECK(b.expected() == 2);
  CHECK_THROWS_AS(async_barrier{0}, std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "race: a mutex has one holder at a time, whoever is stopped beside its grants") {
  runtime rt{{.threads = 2}};
  async_mutex m;
  const int rounds = stress::rounds(2'000);
  long guarded = 0;
  std::atomic<int> inside{0};
  std::atomic<long> together{0}, entered{0};
  struct visit {
    explicit visit(std::atomic<int>& n, std::atomic<long>& clash) : in{n} { clash += in.fetch_add(1) != 0; }
    ~visit() { in.fetch_sub(1); }
    std::atomic<int>& in;
  };
  auto step = [&]() -> task<> {
    const async_lock l = co_await m.lock();
    const visit here{inside, together};
    ++guarded, ++entered;
    co_await checkpoint();
  };
  auto use = [&](bool stopped) -> task<> {
    for (int i = 0; i < rounds; ++i) {
      std::stop_source source;
      std::jthread stopper;
      if (stopped && i % 16 == 0) stopper = std::jthread{[&source] { source.request_stop(); }};
      try {
        co_await with_stop(source.get_token(), step());
      } catch (const operation_cancelled&) {
      }
    }
  };
  std::vector<future<void>> all;
  for (int i = 0; i < 4; ++i) all.push_back(spawn(rt, use(i % 2 == 0)));
  for (auto& f : all) f.get();
  CHECK(together == 0);
  CHECK(guarded == entered);
  CHECK(guarded >= 2L * rounds);
  CHECK_FALSE(m.locked());
  CHECK(m.waiting() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "race: condition: a bounded queue between tasks passes everything") {
  runtime rt{{.threads = 2}};
  async_mutex m;
  async_condition not_empty, not_full;
  std::deque<int> queue;
  const int each = stress::rounds(5'000);
  long sum = 0;
  auto put = [&]() -> task<> {
    for (int i = 1; i <= each; ++i) {
      async_lock l = co_await m.lock();
      while (queue.size() == 2) co_await not_full.wait(l);
      queue.push_back(i);
      not_empty.notify_one();
    }
  };
  auto take = [&]() -> task<> {
    for (int i = 1; i <= each; ++i) {
      async_lock l = co_await m.lock();
      while (queue.empty()) co_await not_empty.wait(l);
      sum += queue.front();
      queue.pop_front();
      not_full.notify_one();
    }
  };
  std::vector<future<void>> all;
  for (int i = 0; i < 2; ++i) {
    all.push_back(spawn(rt, put()));
    all.push_back(spawn(rt, take()));
  }
  for (auto& f : all) f.get();
  CHECK(sum == 2L * each * (each + 1) / 2);
  CHECK_FALSE(m.locked());
}
