// from_callback and to_callback: one result, posted, whoever calls how often.
#include "flow/in_group.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <weir/callback.hpp>
#include <weir/runtime.hpp>
#include <weir/stop.hpp>
#include <weir/this_task.hpp>

#include "support/stress.hpp"

#include "support/stderr_reports.hpp"

using namespace flow_test;
using testing::manual_runtime;
namespace stress = weir_test::stress;

namespace {

/// Calls fn on the runtime's own thread, d from now.
void later(manual_runtime& rt, std::chrono::milliseconds d, std::function<void()> fn) {
  const auto body = [](std::chrono::milliseconds wait, std::function<void()> f) -> task<> {
    co_await sleep_for(wait);
    f();
  };
  rt.spawn(body(d, std::move(fn)));
}

using shared = std::shared_ptr<completion<int>>;
shared share(completion<int> c) { return std::make_shared<completion<int>>(std::move(c)); }

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "callback: a result that comes later, in place, or from a throwing start [FLOW 49]") {
  manual_runtime rt;
  auto body = [&]() -> task<> {
    CHECK(co_await from_callback<int>([&](completion<int> done) {
            later(rt, 10ms, [c = share(std::move(done))] { CHECK(c->complete(1)); });
          }) == 1);
    CHECK(elapsed(rt) == 10);
    CHECK(co_await from_callback<std::string>([](completion<std::string> done) { done.complete(3u, 'x'); }) == "xxx");
    co_await from_callback<void>([](completion<void> done) { done.complete(); });
    CHECK_THROWS_WITH_AS(
        co_await from_callback<int>([](completion<int> done) { done.fail(std::runtime_error{"no row"}); }), "no row",
        std::runtime_error);
    CHECK_THROWS_WITH_AS(co_await from_callback<int>([](completion<int>) { throw std::runtime_error{"no db"}; }),
                         "no db", std::runtime_error);  // the cause, not that the completion went with it
    shared kept;
    CHECK_THROWS_WITH_AS(co_await from_callback<int>([&](completion<int> done) {
                           kept = share(std::move(done));
                           throw std::runtime_error{"no db"};
                         }),
                         "no db", std::runtime_error);
    CHECK_FALSE(kept->wanted());
  };
  const auto before = late_callbacks();
  rt.block_on(body());
  CHECK(late_callbacks() == before);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "callback: double calls: the first counts, the second is counted [FLOW 49, case 39]") {
  manual_runtime rt;
  const auto before = late_callbacks();
  auto body = [&]() -> task<> {
    SUBCASE("in place, twice") {
      CHECK(co_await from_callback<int>([](completion<int> done) {
              CHECK(done.complete(1));
              CHECK_FALSE(done.complete(2));
            }) == 1);
    }
    SUBCASE("in place, then later") {
      CHECK(co_await from_callback<int>([&](completion<int> done) {
              auto c = share(std::move(done));
              CHECK(c->complete(1));
              later(rt, 5ms, [c] { CHECK_FALSE(c->fail(std::runtime_error{"late"})); });
            }) == 1);
    }
    SUBCASE("later, twice") {
      CHECK(co_await from_callback<int>([&](completion<int> done) {
              auto c = share(std::move(done));
              later(rt, 5ms, [c] { CHECK(c->complete(1)); });
              later(rt, 5ms, [c] { CHECK_FALSE(c->complete(2)); });
            }) == 1);
    }
    co_await sleep_for(20ms);
  };
  rt.block_on(body());
  CHECK(late_callbacks() - before == 1);
  REQUIRE(rt.reports(report_kind::late_callback) == 1);
  CHECK(rt.reports()[0].name == "callback");
  CHECK(rt.reports()[0].message.find("callback_test.cpp:") != std::string::npos);
}

TEST_CASE_FIXTURE(no_frames_left, "callback: never called: dropped unused, it is broken_completion with its name") {
  manual_runtime rt;
  auto body = [&]() -> task<> {
    co_await from_callback<int>([&](completion<int> done) { later(rt, 5ms, [c = share(std::move(done))] {}); },
                                "query");
  };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "weir: 'query' was dropped without having been called", broken_completion);
  CHECK(elapsed(rt) == 5);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left,
                  "callback: a stop ends the wait; what is called after it is safe and counted [FLOW 49]") {
  manual_runtime rt;
  shared kept;
  auto body = [&]() -> task<> {
    CHECK_THROWS_AS(co_await with_timeout(10ms, from_callback<int>([&](completion<int> done) {
                                            kept = share(std::move(done));
                                            CHECK(kept->wanted());
                                          })),
                    operation_timed_out);
    CHECK(elapsed(rt) == 10);
    CHECK_FALSE(kept->wanted());
    CHECK_FALSE(kept->complete(1));
  };
  rt.block_on(body());
  REQUIRE(rt.reports(report_kind::late_callback) == 1);
  CHECK(rt.reports()[0].message.find("after its task had been stopped") != std::string::npos);
}

TEST_CASE_FIXTURE(no_frames_left, "callback: with a stop requested before, nothing is started") {
  manual_runtime rt;
  std::stop_source source;
  source.request_stop();
  bool started = false;
  auto body = [&]() -> task<> {
    co_await with_stop(source.get_token(), from_callback<int>([&](completion<int> done) {
                         started = true;
                         done.complete(1);
                       }));
  };
  CHECK_THROWS_AS(rt.block_on(body()), operation_cancelled);
  CHECK_FALSE(started);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "callback: a cache's hits and misses go on in the same order: never in place [FLOW 48]") {
  manual_runtime rt;
  const auto log_of = [&](bool hit) {
    std::string log;
    auto asks = [&]() -> task<> {
      log += 'a';
      co_await from_callback<void>([&](completion<void> done) {
        if (hit)
          done.complete();
        else
          later(rt, 0ms, [c = std::make_shared<completion<void>>(std::move(done))] { c->complete(); });
        log += 'b';
      });
      log += 'd';
    };
    auto other = [&]() -> task<> {
      log += 'c';
      co_return;
    };
    auto fn = [&](task_group& g) -> task<> {
      co_await g.spawn(asks());
      co_await g.spawn(other());
    };
    in_group(rt, fn);
    return log;
  };
  for (int i = 0; i < 10'000; ++i) REQUIRE(log_of(true) == log_of(false));
  CHECK(log_of(true) == "abcd");
}

TEST_CASE_FIXTURE(no_frames_left, "callback: a completion travels through a library's void*") {
  manual_runtime rt;
  void* user = nullptr;
  auto body = [&]() -> task<int> {
    co_return co_await from_callback<int>([&](completion<int> done) {
      user = done.release();
      later(rt, 1ms, [&] { CHECK(completion<int>::adopt(user).complete(7)); });
    });
  };
  CHECK(rt.block_on(body()) == 7);
}

TEST_CASE_FIXTURE(no_frames_left, "race: 8 threads complete one callback: one result, seven are counted [FLOW 49]") {
  weir_test::expect_stderr_reports();
  runtime rt{{.threads = 2, .on_report = [](const report&) {}}};
  const auto before = late_callbacks();
  const int rounds = stress::rounds(300);
  std::atomic<int> won{0};
  auto body = [&]() -> task<> {
    for (int i = 0; i < rounds; ++i) {
      std::vector<std::jthread> threads;
      std::atomic<int> ready{0};
      const int got = co_await from_callback<int>([&](completion<int> done) {
        const auto c = share(std::move(done));
        for (int t = 0; t < 8; ++t)
          threads.emplace_back([c, t, &ready, &won] {
            ++ready;
            while (ready != 8) std::this_thread::yield();
            won += c->complete(t) ? 1 : 0;
          });
      });
      CHECK(got >= 0);
      CHECK(got < 8);
      threads.clear();  // joins
    }
  };
  rt.block_on(body());
  CHECK(won == rounds);
  CHECK(late_callbacks() - before == std::uint64_t{7} * static_cast<unsigned>(rounds));
}

TEST_CASE_FIXTURE(no_frames_left,
                  "race: a stop beside the call: a value or a cancellation, never both, never neither") {
  weir_test::expect_stderr_reports();
  runtime rt{{.threads = 2, .on_report = [](const report&) {}}};
  const int rounds = stress::rounds(2'000);
  int values = 0, stops = 0;
  std::atomic<int> accepted{0};
  auto body = [&]() -> task<> {
    for (int i = 0; i < rounds; ++i) {
      std::stop_source source;
      std::vector<std::jthread> threads;
      try {
        co_await with_stop(source.get_token(), from_callback<void>([&](completion<void> done) {
                             threads.emplace_back([c = std::move(done), &accepted] { accepted += c.complete(); });
                             threads.emplace_back([&source] { source.request_stop(); });
                           }));
        ++values;
      } catch (const operation_cancelled&) {
        ++stops;
      }
      threads.clear();
    }
  };
  rt.block_on(body());
  CHECK(values + stops == rounds);
  CHECK(accepted == values);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "callback: to_callback calls once, never in place, with the value or the error [FLOW 50]") {
  manual_runtime rt;
  int calls = 0;
  to_callback(rt.cpu(), fail_after(5ms, "no"), [&](const std::exception_ptr& error, int* value) {
    ++calls;
    CHECK(value == nullptr);
    CHECK_THROWS_WITH(std::rethrow_exception(error), "no");
  });
  const auto gives = []() -> task<int> { co_return 4; };
  to_callback(rt.cpu(), gives(), [&](const std::exception_ptr& error, const int* value) {
    ++calls;
    CHECK(error == nullptr);
    CHECK(*value == 4);
  });
  CHECK(calls == 0);
  rt.run_until_idle();
  CHECK(calls == 1);
  rt.advance(10ms);
  CHECK(calls == 2);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "callback: what to_callback's callback throws is reported; it is not called again [FLOW 50]") {
  manual_runtime rt;
  int calls = 0;
  const auto nothing = []() -> task<> { co_return; };
  to_callback(
      rt.cpu(), nothing(),
      [&](const std::exception_ptr&) {
        ++calls;
        throw std::runtime_error{"in the callback"};
      },
      "legacy");
  rt.run_until_idle();
  CHECK(calls == 1);
  REQUIRE(rt.reports().size() == 1);
  CHECK(rt.reports(report_kind::unhandled_exception) == 1);
  CHECK(rt.reports()[0].name == "legacy");
}
