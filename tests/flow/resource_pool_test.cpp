// resource_pool: bound, reuse, health, time, and who holds a lease too long.
#include "coro/calls.hpp"

#include <memory>
#include <string>
#include <vector>

#include <weir/channel.hpp>
#include <weir/resource_pool.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>

#include "support/stderr_reports.hpp"

using namespace coro_test;
using testing::manual_runtime;

namespace {

/// Counts its kind.
struct connection {
  struct counts {
    int made = 0, live = 0, peak = 0;
  };
  explicit connection(counts& all) : of{&all}, id{++all.made} { all.peak = std::max(all.peak, ++all.live); }
  connection(connection&& other) noexcept : of{std::exchange(other.of, nullptr)}, id{other.id}, broken{other.broken} {}
  connection& operator=(connection&&) = delete;
  ~connection() {
    if (of != nullptr) --of->live;
  }
  counts* of;
  int id;
  bool broken = false;
};

using pool = resource_pool<connection>;

struct world {
  manual_runtime rt;
  connection::counts all;
  resource_pool_hooks<connection> hooks{.make = [this]() -> task<connection> {
    co_await sleep_for(5ms);
    co_return connection{all};
  }};
};

task<> use_for(pool& p, std::chrono::milliseconds d) {
  auto c = co_await p.acquire();
  auto work = [d](connection&) -> task<> { co_await sleep_for(d); };
  co_await c.run(work);
}

template <class F>
void run(manual_runtime& rt, F body) {
  rt.block_on(body());
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "resource_pool: 200 uses on a pool of 20: 20 are made, never more, and used again") {
  world w;
  pool db{w.rt, {.limit = 20, .name = "db"}, w.hooks};
  run(w.rt, [&]() -> task<> {
    auto all = [&](task_group& g) -> task<> {
      for (int i = 0; i < 200; ++i) co_await g.spawn(use_for(db, 50ms));
    };
    co_await with_group({.limit = par{500}}, all);
  });
  CHECK(elapsed(w.rt) == 505);
  CHECK(w.all.made == 20);
  CHECK(w.all.peak == 20);
  const auto s = db.stats();
  CHECK(s.made == 20);
  CHECK(s.reused == 180);
  CHECK(s.in_use == 0);
  CHECK(s.idle == 20);
  CHECK(s.foreign_awaits == 0);
  CHECK(s.hold.p50_ns >= 50'000'000);
  CHECK(w.rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left,
                  "resource_pool: who comes to a full line is refused, who leaves it does not hold it up") {
  world w;
  pool db{w.rt, {.limit = 1, .name = "db", .max_waiters = 2}, w.hooks};
  run(w.rt, [&]() -> task<> {
    auto all = [&](task_group& g) -> task<> {
      co_await g.spawn(use_for(db, 100ms));
      co_await sleep_for(1ms);
      co_await g.spawn(use_for(db, 100ms));
      co_await g.spawn([](pool& p) -> task<> {
        CHECK_THROWS_AS(co_await with_timeout(10ms, use_for(p, 1ms)), operation_timed_out);
      }(db));
      co_await sleep_for(1ms);
      CHECK_THROWS_AS(co_await use_for(db, 1ms), overloaded);
      co_await sleep_for(20ms);
      co_await use_for(db, 1ms);
    };
    co_await with_group({.limit = par{10}}, all);
  });
  CHECK(w.all.made == 1);
  CHECK(db.stats().refused == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "resource_pool: an unhealthy idle one is ended and the next tried, then one made") {
  weir_test::expect_stderr_reports();  // it holds two leases of one pool
  world w;
  std::vector<int> asked;
  w.hooks.healthy = [&](connection& c) -> task<bool> {
    asked.push_back(c.id);
    co_await sleep_for(1ms);
    if (c.id == 2) throw std::runtime_error{"reset"};
    co_return !c.broken;
  };
  pool db{w.rt, {.limit = 3, .name = "db"}, w.hooks};
  run(w.rt, [&]() -> task<> {
    auto a = co_await db.acquire();
    auto b = co_await db.acquire();
    a->broken = true;
    a.release();
    b.release();
    const auto c = co_await db.acquire();
    CHECK(c->id == 3);
    CHECK(w.all.live == 1);
  });
  CHECK(asked == std::vector{2, 1});  // the one that came back last first
  CHECK(db.stats().unhealthy == 2);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "resource_pool: idle time and age end what nobody needs, by themselves under tend()") {
  weir_test::expect_stderr_reports();  // it holds two leases of one pool
  world w;
  pool db{w.rt, {.limit = 3, .name = "db", .idle = 30s, .max_age = 100s}, w.hooks};
  auto body = [&]() -> task<> {
    auto owner = [&](task_group& g) -> task<> {
      co_await g.spawn(db.tend(), "tend");
      auto a = co_await db.acquire();
      auto b = co_await db.acquire();
      b.release();
      co_await sleep_for(10s);
      CHECK(w.all.live == 2);
      co_await sleep_for(21s);
      CHECK(w.all.live == 1);  // b
      a.release();
      for (int i = 0; i < 10; ++i) {
        co_await use_for(db, 1ms);
        co_await sleep_for(10s);
      }
      CHECK(w.all.made == 3);  // a, b, and one after a had become 100 s old
      g.cancel("enough");
    };
    co_await with_group({.limit = par{4}}, owner);
  };
  w.rt.block_on(body());
  CHECK(db.stats().expired == 2);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "resource_pool: a lower limit ends idle ones at once and held ones at their return [row 61]") {
  weir_test::expect_stderr_reports();  // it holds two leases of one pool
  world w;
  pool db{w.rt, {.limit = 4, .name = "db"}, w.hooks};
  run(w.rt, [&]() -> task<> {
    auto a = co_await db.acquire();
    auto b = co_await db.acquire();
    auto c = co_await db.acquire();
    c.release();
    db.set_limit(1);
    CHECK(w.all.live == 2);
    a.release();
    CHECK(w.all.live == 1);
    b.release();
    CHECK(w.all.live == 1);
    CHECK(db.stats().idle == 1);
    db.set_limit(2);
    auto d = co_await db.acquire();
    auto e = co_await db.acquire();
    CHECK(w.all.live == 2);
    d.discard();
    CHECK(w.all.live == 1);
    CHECK_FALSE(d);
  });
  CHECK(db.stats().discarded == 1);
  CHECK_THROWS_AS(db.set_limit(0), std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "resource_pool: a failed make is thrown, and its place is free again") {
  world w;
  int tries = 0;
  w.hooks.make = [&]() -> task<connection> {
    if (++tries == 1) throw std::runtime_error{"refused"};
    co_return connection{w.all};
  };
  pool db{w.rt, {.limit = 1, .name = "db"}, w.hooks};
  run(w.rt, [&]() -> task<> {
    CHECK_THROWS_WITH(static_cast<void>(co_await db.acquire()), "refused");
    static_cast<void>(co_await db.acquire());
  });
  CHECK(db.stats().failed == 1);
  CHECK(db.stats().made == 1);
}

// Source document 003: a transaction held across a call of 300 ms.
TEST_CASE_FIXTURE(no_frames_left,
                  "resource_pool: waiting for something else while holding a lease is reported, once a lease") {
  world w;
  pool db{w.rt, {.limit = 2, .name = "db"}, w.hooks};
  channel<int> other{1};
  run(w.rt, [&]() -> task<> {
    auto body = [&](task_group& g) -> task<> {
      auto c = co_await db.acquire();
      auto query = [](connection&, int n) -> task<int> {
        co_await sleep_for(1ms);
        co_return n;
      };
      CHECK(co_await c.run(query, 7) == 7);
      CHECK(w.rt.reports().empty());
      co_await sleep_for(300ms);  // a call of something else
      CHECK(w.rt.reports(report_kind::foreign_await) == 1);
      co_await sleep_for(1ms);
      CHECK(w.rt.reports(report_kind::foreign_await) == 1);
      c.release();
      co_await sleep_for(1ms);
      CHECK(w.rt.reports(report_kind::foreign_await) == 1);
      static_cast<void>(g);
    };
    co_await with_group({.limit = par{1}}, body);
  });
  CHECK(w.rt.reports().front().message ==
        "waits for something else while it holds a lease of 'db': others wait for it");
  CHECK(db.stats().foreign_awaits == 1);
  CHECK(detail::watched_leases.load() == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "resource_pool: a child that waits counts for the lease of the task that waits for it") {
  world w;
  pool db{w.rt, {.limit = 2, .name = "db"}, w.hooks};
  run(w.rt, [&]() -> task<> {
    const auto c = co_await db.acquire();
    auto body = [](task_group& g) -> task<> {
      auto child = []() -> task<> { co_await sleep_for(1ms); };
      co_await g.spawn(child());
    };
    co_await with_group({.limit = par{1}}, body);
  });
  CHECK(w.rt.reports(report_kind::foreign_await) == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "resource_pool: a holder that would wait for itself gets would_deadlock") {
  world w;
  pool db{w.rt, {.limit = 1, .name = "db"}, w.hooks};
  run(w.rt, [&]() -> task<> {
    const auto c = co_await db.acquire();
    CHECK_THROWS_AS(static_cast<void>(co_await db.acquire()), would_deadlock);
  });
  CHECK(w.rt.reports(report_kind::foreign_await) == 1);  // it was about to
}

TEST_CASE_FIXTURE(no_frames_left, "resource_pool: close refuses, ends what is idle, and what comes back") {
  weir_test::expect_stderr_reports();  // it holds two leases of one pool
  world w;
  pool db{w.rt, {.limit = 3, .name = "db"}, w.hooks};
  run(w.rt, [&]() -> task<> {
    auto a = co_await db.acquire();
    auto b = co_await db.acquire();
    b.release();
    db.close();
    CHECK(w.all.live == 1);
    CHECK_THROWS_AS(static_cast<void>(co_await db.acquire()), limiter_closed);
    a.release();
    CHECK(w.all.live == 0);
  });
}

TEST_CASE_FIXTURE(no_frames_left, "resource_pool: a stop while one is made, checked or waited for leaves nothing out") {
  for (const auto after : {0ms, 3ms, 5ms, 6ms, 8ms}) {
    world w;
    w.hooks.healthy = [](connection&) -> task<bool> {
      co_await sleep_for(4ms);
      co_return true;
    };
    pool db{w.rt, {.limit = 1, .name = "db"}, w.hooks};
    run(w.rt, [&]() -> task<> {
      auto twice = [&]() -> task<> {
        co_await use_for(db, 0ms);
        co_await use_for(db, 0ms);
      };
      try {
        co_await with_timeout(after, twice());
      } catch (const operation_timed_out&) {
      }
    });
    CHECK(db.stats().in_use == 0);
    CHECK(w.all.live == static_cast<int>(db.stats().idle));
  }
}

TEST_CASE("resource_pool: no limit, no make, a negative time are invalid") {
  manual_runtime rt;
  const resource_pool_hooks<int> make{.make = []() -> task<int> { co_return 1; }};
  CHECK_THROWS_AS((resource_pool<int>{rt, {.limit = 0}, make}), std::invalid_argument);
  CHECK_THROWS_AS((resource_pool<int>{rt, {.limit = 1, .idle = 0s}, make}), std::invalid_argument);
  CHECK_THROWS_AS((resource_pool<int>{rt, {.limit = 1}, {}}), std::invalid_argument);
}
