#include "coro/fixture.hpp"

#include <string>

#include <weir/context.hpp>
#include <weir/this_task.hpp>
#include <weir/timer.hpp>
#include <weir/when.hpp>

using namespace weir;
using namespace std::chrono_literals;
using coro_test::no_frames_left;
using testing::manual_runtime;

namespace {

constexpr context_key<std::string> tenant{"tenant"};
constexpr context_key<int> trace_id{"trace_id"};

task<std::string> who() {
  const auto* t = co_await get_context(tenant);
  co_return t != nullptr ? *t : "nobody";
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "context: a value is visible inside its scope only, inner values cover outer ones") {
  manual_runtime rt;
  auto inside = []() -> task<std::string> {
    const auto outer = co_await who();
    const auto covered = co_await with_context(tenant, "inner", who());
    const auto again = co_await who();
    co_return outer + " " + covered + " " + again;
  };
  auto body = [&]() -> task<std::string> {
    const auto before = co_await who();
    const auto within = co_await with_context(tenant, "acme", inside());
    const auto after = co_await who();
    co_return before + " " + within + " " + after;
  };
  CHECK(rt.block_on(body()) == "nobody acme inner acme nobody");
}

TEST_CASE_FIXTURE(no_frames_left, "context: follows a task across hops, waits and into concurrent children") {
  manual_runtime rt;
  auto child = []() -> task<int> {
    co_await resume_on(home::io);
    co_await sleep_for(1ms);
    co_await resume_on(home::cpu);
    const auto* id = co_await get_context(trace_id);
    co_return id != nullptr ? *id : -1;
  };
  auto both = [&]() -> task<int> {
    auto [a, b] = co_await when_all(child(), with_context(trace_id, 2, child()));
    co_return a * 10 + b;
  };
  auto body = [&]() -> task<int> { co_return co_await with_context(trace_id, 1, both()); };
  CHECK(rt.block_on(body()) == 12);
}
