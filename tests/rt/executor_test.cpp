// What executor promises about admission: who waits, who is refused, who runs the work, and that each gets one outcome.
#include <weir/runtime.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "support/fake_scheduler.hpp"
#include "support/stress.hpp"

using namespace weir_test;
using weir::on_full;

namespace {

weir::runtime_options bounded(unsigned threads, std::size_t capacity, on_full policy) {
  weir::runtime_options options = with_threads(threads);
  options.queue_capacity = capacity;
  options.on_full = policy;
  return options;
}

}  // namespace

TEST_CASE("executor: every posted job runs once") {
  balanced_runtime rt{2};
  constexpr int n = 100'000;
  std::vector<std::atomic<int>> runs(n);
  for (int i = 0; i < n; ++i) rt.cpu().post([&runs, i] { runs[static_cast<std::size_t>(i)].fetch_add(1); });
  rt->wait_idle();
  CHECK(std::all_of(runs.begin(), runs.end(), [](const auto& r) { return r.load() == 1; }));
  CHECK(rt->stats().jobs_ok == n);
}

TEST_CASE("executor: post_each runs every callable of a range once") {
  balanced_runtime rt{2};
  std::atomic<int> sum{0};
  std::vector<std::function<void()>> work;
  for (int i = 1; i <= 1000; ++i) work.emplace_back([&sum, i] { sum += i; });
  rt.cpu().post_each(work);
  rt->wait_idle();
  CHECK(sum == 500'500);
}

TEST_CASE("executor: post_each with a callable whose copy throws runs those before it and leaks none") {
  balanced_runtime rt{2};
  for (int k : {0, 1, 63, 64, 65, 130}) {
    std::atomic<int> ran{0};
    struct picky {
      std::atomic<int>* ran;
      int number, bad;
      counted_object life{};
      picky(std::atomic<int>* r, int n, int b) : ran{r}, number{n}, bad{b} {}
      picky(const picky& o) : ran{o.ran}, number{o.number}, bad{o.bad} {
        if (number == bad) throw std::runtime_error{"no copy"};
      }
      void operator()() const { ran->fetch_add(1); }
    };
    counted_object::reset();
    {
      std::vector<std::unique_ptr<picky>> owned;
      for (int i = 0; i < 140; ++i) owned.push_back(std::make_unique<picky>(&ran, i, k));
      auto range = owned | std::views::transform([](const auto& p) -> const picky& { return *p; });
      CHECK_THROWS_WITH(rt.cpu().post_each(range), "no copy");
      rt->wait_idle();
    }
    CHECK(ran == k);
    CHECK(counted_object::balanced());
  }
}

TEST_CASE("executor: capacity is strict under 8 producers, for every awkward capacity") {
  for (const std::size_t capacity : {1U, 2U, 31U, 32U, 33U}) {
    for (const on_full policy : {on_full::wait, on_full::reject, on_full::run_inline}) {
      balanced_runtime rt{bounded(2, capacity, policy)};
      std::atomic<int> ran{0}, refused{0};
      constexpr int each = 300;
      std::vector<std::thread> producers;
      for (int p = 0; p < 8; ++p)
        producers.emplace_back([&] {
          for (int i = 0; i < each; ++i) try {
              rt.cpu().post([&] { ran.fetch_add(1); });
            } catch (const weir::queue_full&) {
              refused.fetch_add(1);
            }
        });
      for (auto& t : producers) t.join();
      const auto s = rt.idle_stats();
      CHECK(s.queue_high_water_items <= capacity);
      CHECK(s.queue_capacity_items == capacity);
      CHECK(ran + refused == 8 * each);
      CHECK(s.jobs_rejected == static_cast<std::uint64_t>(refused));
      if (policy != on_full::reject) CHECK(refused == 0);
    }
  }
}

TEST_CASE("executor: on_full::reject refuses exactly the job that does not fit, and destroys it unrun") {
  balanced_runtime rt{bounded(1, 3, on_full::reject)};
  std::atomic<int> ran{0};
  {
    held_workers held{rt.cpu(), 1};  // one of three credits
    rt.cpu().post([&] { ++ran; });
    rt.cpu().post([&] { ++ran; });
    counted_object::reset();
    CHECK_THROWS_AS(rt.cpu().post([&, life = counted_object{}] { ++ran; }), weir::queue_full);
    CHECK(counted_object::balanced());
    CHECK_FALSE(rt.cpu().try_post([&] { ++ran; }));
    CHECK_THROWS_AS((void)rt.cpu().submit([&] { ++ran; }), weir::queue_full);
    CHECK_THROWS_AS(rt.cpu().post_bulk(5, [&](std::size_t) { ++ran; }), weir::queue_full);
    CHECK_THROWS_AS((void)rt.cpu().submit_bulk(5, [&](std::size_t) { ++ran; }), weir::queue_full);
    CHECK(rt->stats().jobs_rejected == 3 + 5 + 5);
  }
  CHECK(rt.idle_stats().jobs_ok == 3);
  CHECK(ran == 2);
}

TEST_CASE("executor: try_post never waits and says whether it was taken") {
  balanced_runtime rt{bounded(1, 2, on_full::wait)};
  std::atomic<int> ran{0};
  {
    held_workers held{rt.cpu(), 1};
    CHECK(rt.cpu().try_post([&] { ++ran; }));
    CHECK_FALSE(rt.cpu().try_post([&] { ++ran; }));
  }
  rt->wait_idle();
  CHECK(ran == 1);
}

TEST_CASE("executor: the last place of a full queue goes to who waits for it, also when all other workers are held") {
  balanced_runtime rt{bounded(8, 8, on_full::wait)};  // less than a quarter of the room comes free
  held_workers long_ones{rt.cpu(), 7};
  std::atomic<bool> posted{false}, ran{false};
  std::thread producer;
  {
    held_workers short_one{rt.cpu(), 1};
    producer = std::thread{[&] {
      rt.cpu().post([&] { ran = true; });
      posted = true;
    }};
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();  // most likely it waits by now
    CHECK_FALSE(posted);
  }
  until([&] { return ran.load(); });
  producer.join();
}

TEST_CASE("executor: on_full::run_inline runs the work on the submitting thread, nested only so deep") {
  balanced_runtime rt{bounded(1, 1, on_full::run_inline)};
  held_workers held{rt.cpu(), 1};
  std::thread::id where;
  rt.cpu().post([&] { where = std::this_thread::get_id(); });
  CHECK(where == std::this_thread::get_id());
  CHECK(rt.cpu().submit([] { return 7; }).get() == 7);

  int depth = 0;
  bool refused = false;
  std::function<void()> again = [&] {
    ++depth;
    try {
      rt.cpu().post(again);
    } catch (const weir::queue_full&) {
      refused = true;
    }
  };
  rt.cpu().post(again);
  CHECK(refused);
  CHECK(depth <= 64);
}

TEST_CASE("executor: a worker never waits: own deque, then the queue, then queue_full") {
  balanced_runtime rt{bounded(1, 8, on_full::wait)};
  std::atomic<int> ran{0};
  const int accepted = rt.cpu()
                           .submit([&] {
                             int n = 0;
                             try {
                               for (;; ++n) rt.cpu().post([&] { ++ran; });
                             } catch (const weir::queue_full&) {
                             }
                             return n;
                           })
                           .get();
  rt->wait_idle();
  CHECK(accepted == 4096 + 8 - 1);  // the running job holds one of the eight
  CHECK(ran == accepted);
}

TEST_CASE("executor: run_inline on a worker whose deque and queue are full loses nothing") {
  balanced_runtime rt{bounded(1, 1, on_full::run_inline)};
  std::atomic<int> ran{0};
  rt.cpu()
      .submit([&] {
        for (int i = 0; i < 5000; ++i) rt.cpu().post([&] { ++ran; });
      })
      .get();
  rt->wait_idle();
  CHECK(ran == 5000);
}

TEST_CASE("executor: 32 blocked producers all make progress at capacity 1") {
  balanced_runtime rt{bounded(2, 1, on_full::wait)};
  std::atomic<int> ran{0};
  constexpr int each = 100;
  std::vector<std::thread> producers;
  for (int p = 0; p < 32; ++p)
    producers.emplace_back([&] {
      for (int i = 0; i < each; ++i) rt.cpu().post([&] { ++ran; });
    });
  for (auto& t : producers) t.join();
  const auto s = rt.idle_stats();
  CHECK(ran == 32 * each);
  CHECK(s.queue_high_water_items == 1);
}

TEST_CASE("executor: a job that runs long does not hold back the room of those that ended before it") {
  balanced_runtime rt{bounded(1, 2, on_full::wait)};
  for (int i = 0; i < 2000; ++i) rt.cpu().post([] {});  // short jobs: the worker takes long chunks now
  rt->wait_idle();  // none of them is left behind the job below, which a look out of turn may take first
  std::atomic<bool> both_queued{false}, third_admitted{false};
  std::atomic<int> ran{0};
  // A local job holds the worker without holding a credit.
  rt.cpu().submit([&] { rt.cpu().post([&] { both_queued.wait(false); }); }).get();
  until([&] { return rt->stats().queue_in_use_items == 0; });
  rt.cpu().post([&] { ++ran; });
  rt.cpu().post([&] {
    until([&] { return third_admitted.load(); });
    ++ran;
  });
  both_queued.store(true);
  both_queued.notify_all();
  rt.cpu().post([&] { ++ran; });  // waits for the first to end, not for the second
  third_admitted.store(true);
  rt->wait_idle();
  CHECK(ran == 3);
}

TEST_CASE("executor: submit races with the end of admission: each job has exactly one outcome") {
  const int rounds = stress::rounds(1500);
  for (int round = 0; round < rounds; ++round) {
    weir::runtime rt{bounded(2, 4, round % 2 == 0 ? on_full::wait : on_full::reject)};
    std::atomic<int> ran{0}, closed{0}, full{0};
    std::atomic<bool> go{false};
    constexpr int each = 10;
    std::vector<std::thread> producers;
    for (int p = 0; p < 2; ++p)
      producers.emplace_back([&] {
        go.wait(false);
        for (int i = 0; i < each; ++i) try {
            rt.cpu().post([&] { ran.fetch_add(1); });
          } catch (const weir::runtime_closed&) {
            closed.fetch_add(1);
          } catch (const weir::queue_full&) {
            full.fetch_add(1);
          }
      });
    go.store(true);
    go.notify_all();
    if (round % 3 != 0) until([&] { return ran.load() + full.load() > round % 16; });
    rt.shutdown();
    const int ran_at_the_end = ran;
    for (auto& t : producers) t.join();
    const auto s = rt.stats();
    REQUIRE(ran == ran_at_the_end);
    REQUIRE(ran + closed + full == 2 * each);
    REQUIRE(s.jobs_ok == static_cast<std::uint64_t>(ran));
    REQUIRE(s.jobs_rejected == static_cast<std::uint64_t>(closed + full));
    REQUIRE(s.jobs_balance());
    REQUIRE(s.queue_in_use_items == 0);
  }
}

TEST_CASE("executor: names, worker indices and is_worker_here tell where a job runs") {
  balanced_runtime rt{3};
  CHECK_FALSE(weir::this_worker::index().has_value());
  CHECK_FALSE(rt.cpu().is_worker_here());
  std::array<std::atomic<int>, 3> seen{};
  std::atomic<bool> wrong{false};
  for (int i = 0; i < 3000; ++i)
    rt.cpu().post(weir::task_options{.name = "where"}, [&] {
      const auto index = weir::this_worker::index();
      if (!index || *index >= 3 || !rt.cpu().is_worker_here()) return wrong.store(true);
      ++seen[*index];
    });
  rt->wait_idle();
  CHECK_FALSE(wrong);
  CHECK(seen[0] + seen[1] + seen[2] == 3000);
  CHECK(rt.cpu().workers() == 3);
}

TEST_CASE("executor: a stop token that was set before the start cancels the job unrun") {
  balanced_runtime rt{1};
  std::stop_source stop;
  std::atomic<int> ran{0};
  auto result = [&] {
    const held_workers held{rt.cpu(), 1};
    rt.cpu().post({.stop = stop.get_token()}, [&] { ++ran; });
    auto f = rt.cpu().submit({.stop = stop.get_token()}, [&] { return ++ran; });
    stop.request_stop();
    return f;
  }();
  CHECK_THROWS_AS(result.get(), weir::operation_cancelled);
  CHECK(rt.idle_stats().jobs_cancelled == 2);
  CHECK(ran == 0);
}

TEST_CASE("executor: what a posted job throws is reported once and counted as failed") {
  std::atomic<int> reports{0};
  weir::runtime_options options = with_threads(2);
  options.on_report = [&](const weir::report& r) {
    if (r.kind == weir::report_kind::unhandled_exception) ++reports;
  };
  balanced_runtime rt{options};
  for (int i = 0; i < 10; ++i) rt.cpu().post([] { throw std::runtime_error{"job"}; });
  CHECK(rt.idle_stats().jobs_failed == 10);
  CHECK(reports == 10);
}

TEST_CASE("executor: every kind of submission takes a priority") {
  balanced_runtime rt{1};
  using weir::priority;
  const weir::task_options high{.priority = priority::high};
  std::string seen;
  const auto check = [&](auto&& urgent) {
    seen.clear();
    {
      held_workers held{rt.cpu(), 1};
      for (int i = 0; i < 2; ++i) rt.cpu().post([&] { seen += 'n'; });
      urgent();
    }
    rt->wait_idle();
    CHECK(seen.size() == 3);
    CHECK(seen.back() == 'n');  // a look out of turn may let one job of the normal lane go first, not both
  };
  check([&] { (void)rt.cpu().try_post(high, [&] { seen += 'h'; }); });
  check([&] { rt.cpu().post_bulk(high, 1, [&](std::size_t) { seen += 'h'; }); });
  check([&] { rt.cpu().post_bulk(high, std::vector<int>{1}, [&](int) { seen += 'h'; }); });
  check([&] { (void)rt.cpu().submit_bulk(high, 1, [&](std::size_t) { seen += 'h'; }); });
  check([&] { rt.cpu().post_each(high, std::vector<std::function<void()>>{[&] { seen += 'h'; }}); });
}

TEST_CASE("executor: a delayed job has the priority of the job that asked for it, or the one it was given") {
  balanced_runtime rt{1};
  std::atomic<int> lane{-1};
  const auto note = [&] { lane = weir::detail::inherited_lane(); };
  const auto lane_of = [&](auto&& arm) {
    lane = -1;
    weir::delayed_job later = arm();
    until([&] { return later.ended(); });
    return lane.load();
  };
  using std::chrono::milliseconds;
  const auto from_a_high_job = [&] {
    return rt.cpu().submit({.priority = weir::priority::high},
                           [&] { return rt.cpu().post_after(milliseconds{1}, note); });
  };
  CHECK(lane_of([&] { return from_a_high_job().get(); }) == 0);
  CHECK(lane_of([&] { return rt.cpu().post_after(milliseconds{1}, note); }) == 1);
  CHECK(lane_of([&] { return rt.cpu().post_after({.priority = weir::priority::low}, milliseconds{1}, note); }) == 2);
}

TEST_CASE("executor: a stop ends bulk items and delayed jobs that have not started, as cancelled") {
  balanced_runtime rt{1};
  std::stop_source stop;
  const weir::task_options options{.stop = stop.get_token()};
  std::atomic<int> ran{0};
  rt.cpu().post_bulk(options, 1000, [&](std::size_t i) {
    ++ran;
    if (i == 9) stop.request_stop();
  });
  weir::runtime_stats s = rt.idle_stats();
  const int before = ran;
  CHECK(before < 1000);
  CHECK(s.jobs_cancelled == static_cast<std::uint64_t>(1000 - before));
  weir::future<void> bulk = rt.cpu().submit_bulk(options, 10, [&](std::size_t) { ++ran; });
  CHECK_THROWS_AS(bulk.get(), weir::operation_cancelled);
  rt.cpu().post_each(options, std::vector<std::function<void()>>{[&] { ++ran; }});
  CHECK(rt.cpu().try_post(options, [&] { ++ran; }));
  const weir::delayed_job once = rt.cpu().post_after(options, std::chrono::milliseconds{1}, [&] { ++ran; });
  const weir::delayed_job often = rt.cpu().post_every(options, std::chrono::milliseconds{1}, [&] { ++ran; });
  until([&] { return once.ended() && often.ended(); });
  s = rt.idle_stats();
  CHECK(ran == before);
  CHECK(s.jobs_failed == 0);
}
