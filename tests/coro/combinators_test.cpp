// when_all_settled, when_any, race, and what they have in common with when_all: everybody is awaited.
#include "coro/calls.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include <weir/error.hpp>
#include <weir/stop.hpp>
#include <weir/this_task.hpp>
#include <weir/when.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

/// Ends `late` after it was asked to stop, with `how`: nothing, or a failure of its clean-up.
task<int> slow_to_stop(gauge& g, std::chrono::milliseconds late, const char* how = nullptr) {
  ++g.now;
  bool stopped = false;
  try {
    co_await sleep_for(1h);
  } catch (const operation_cancelled&) {
    stopped = true;
  }
  if (stopped) co_await shield(sleep_for(late));
  --g.now;
  if (how != nullptr) throw std::runtime_error{how};
  co_return 0;
}

std::string what_of(const std::exception_ptr& error) { return expected<void>{error}.message(); }

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "when_all_settled: gives what became of each and stops nobody") {
  manual_runtime rt;
  gauge g;
  auto nothing = []() -> task<> { co_await sleep_for(5ms); };
  auto body = [&]() -> task<> {
    auto [a, b, c] = co_await when_all_settled(call(g, 30ms, 1), fail_after(10ms, "b failed"), nothing());
    CHECK(a.value() == 1);
    CHECK_FALSE(b);
    CHECK(b.message() == "b failed");
    CHECK_THROWS_WITH_AS(b.value(), "b failed", std::runtime_error);
    CHECK(c.value() == unit{});
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 30);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left, "when_all_settled: 40,000 calls with 14 failures give 39,986 results and 14 errors") {
  manual_runtime rt;
  gauge g;
  auto account = [&](int id) -> task<int> {
    if (id % 2857 == 7) co_return co_await fail_after(50ms, "no such account");
    co_return co_await call(g, 50ms, id);
  };
  std::vector<int> failed;
  std::size_t ok = 0;
  auto body = [&]() -> task<> {
    std::vector<task<int>> calls;
    for (int id = 0; id < 40'000; ++id) calls.push_back(account(id));
    const auto all = co_await when_all_settled(std::move(calls), par{30});
    for (std::size_t id = 0; id < all.size(); ++id) {
      if (all[id]) {
        CHECK(*all[id] == static_cast<int>(id));
        ++ok;
      } else {
        failed.push_back(static_cast<int>(id));
      }
    }
  };
  rt.block_on(body());
  CHECK(ok == 39'986);
  REQUIRE(failed.size() == 14);
  for (const int id : failed) CHECK(id % 2857 == 7);
  CHECK(g.peak <= 30);
  CHECK(elapsed(rt) == 66'700);  // ceil(40000 / 30) * 50 ms
}

TEST_CASE_FIXTURE(no_frames_left, "when_all_settled: a stop from outside keeps the results that are there") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> {
    std::vector<task<int>> calls;
    for (int i = 0; i < 6; ++i) calls.push_back(call(g, 10ms, i));
    const auto all = co_await with_timeout(25ms, when_all_settled(std::move(calls), par{2}));
    REQUIRE(all.size() == 6);
    for (int i = 0; i < 4; ++i) CHECK(*all[static_cast<std::size_t>(i)] == i);
    for (std::size_t i = 4; i < 6; ++i) CHECK(all[i].cancelled());
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 25);
}

TEST_CASE_FIXTURE(no_frames_left, "when_all_settled: references, move-only results, and of nothing") {
  manual_runtime rt;
  int target = 3;
  auto ref = [](int& r) -> task<int&> { co_return r; };
  auto boxed = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
  auto body = [&]() -> task<> {
    auto [r, p] = co_await when_all_settled(ref(target), boxed());
    CHECK(&r.value() == &target);
    const std::unique_ptr<int> mine = std::move(p).value();
    CHECK(*mine == 4);
    const std::tuple<> none = co_await when_all_settled();
    static_cast<void>(none);
    const auto empty = co_await when_all_settled(std::vector<task<int>>{}, par{1});
    CHECK(empty.empty());
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "when_any: the first success wins; losers are stopped and awaited") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> {
    std::vector<task<int>> calls;
    for (int i = 0; i < 9; ++i) calls.push_back(call(g, 10s, i));
    calls.push_back(call(g, 10ms, 9));
    const auto [index, value] = co_await when_any(std::move(calls), par{10});
    CHECK(index == 9);
    CHECK(value == 9);
    CHECK(g.now == 0);
    CHECK(counted::alive == 0);
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 10);
  CHECK(rt.armed_timers() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "when_any: goes on only when a loser that is slow to stop has ended") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> {
    const auto [index, value] = co_await when_any(slow_to_stop(g, 300ms), call(g, 10ms, 5));
    CHECK(index == 1);
    CHECK(value == 5);
    CHECK(g.now == 0);
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 310);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left, "when_any: a failure is not the end while others may succeed, and is then forgiven") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<int> {
    const auto first = co_await when_any(fail_after(1ms, "a"), call(g, 20ms, 8), fail_after(2ms, "c"));
    CHECK(first.index == 1);
    co_return first.value;
  };
  CHECK(rt.block_on(body()) == 8);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left, "when_any: when none succeeds, all errors are there in the order of the input") {
  manual_runtime rt;
  auto body = []() -> task<> {
    co_await when_any(fail_after(30ms, "a"), fail_after(10ms, "b"), fail_after(20ms, "c"));
  };
  bool thrown = false;
  try {
    rt.block_on(body());
  } catch (const aggregate_error& e) {
    thrown = true;
    REQUIRE(e.errors().size() == 3);
    CHECK(what_of(e.errors()[0]) == "a");
    CHECK(what_of(e.errors()[1]) == "b");
    CHECK(what_of(e.errors()[2]) == "c");
    CHECK(std::string{e.what()} == "weir: when_any: none of 3 succeeded, the first: a");
  }
  CHECK(thrown);
  CHECK(elapsed(rt) == 30);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left,
                  "when_any: the range form tries the next one when one has failed, and no more than needed") {
  manual_runtime rt;
  int tried = 0;
  auto mirror = [&](int i) -> task<int> {
    ++tried;
    co_await sleep_for(10ms);
    if (i < 3) throw std::runtime_error{"down"};
    co_return i;
  };
  auto body = [&]() -> task<int> {
    std::vector<task<int>> mirrors;
    for (int i = 0; i < 100; ++i) mirrors.push_back(mirror(i));
    co_return (co_await when_any(std::move(mirrors), par{1})).value;
  };
  const auto unstarted = detail::never_awaited_tasks();
  CHECK(rt.block_on(body()) == 3);
  CHECK(tried == 4);
  CHECK(elapsed(rt) == 40);
  CHECK(detail::never_awaited_tasks() == unstarted);
}

TEST_CASE_FIXTURE(no_frames_left, "when_any: of nothing is an aggregate error of nothing") {
  manual_runtime rt;
  auto pack = []() -> task<> { co_await when_any(); };
  CHECK_THROWS_AS(rt.block_on(pack()), aggregate_error);
  auto range = []() -> task<> { co_await when_any(std::vector<task<int>>{}, par{2}); };
  CHECK_THROWS_AS(rt.block_on(range()), aggregate_error);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "when_any: a stop from outside is a cancellation, not a failure of all; failures are not lost") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> { co_await with_timeout(15ms, when_any(call(g, 1s, 1), fail_after(10ms, "b"))); };
  CHECK_THROWS_AS(rt.block_on(body()), operation_timed_out);
  CHECK(elapsed(rt) == 15);
  CHECK(g.now == 0);
  REQUIRE(rt.reports(report_kind::never_awaited) == 1);  // "b"
}

TEST_CASE_FIXTURE(no_frames_left, "when_any: a loser whose clean-up fails is reported") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<> { co_await when_any(call(g, 10ms, 1), slow_to_stop(g, 5ms, "clean-up")); };
  rt.block_on(body());
  CHECK(rt.reports(report_kind::never_awaited) == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "race: the first to end wins, a failure too") {
  manual_runtime rt;
  gauge g;
  auto success = [&]() -> task<int> {
    const auto [index, value] = co_await race(fail_after(20ms, "late"), call(g, 10ms, 4));
    CHECK(index == 1);
    co_return value;
  };
  CHECK(rt.block_on(success()) == 4);
  auto failure = [&]() -> task<int> {
    co_return (co_await race(call(g, 1s, 1), fail_after(10ms, "first"), call(g, 2s, 1))).value;
  };
  CHECK_THROWS_WITH_AS(rt.block_on(failure()), "first", std::runtime_error);
  CHECK(elapsed(rt) == 20);
  CHECK(g.now == 0);
  CHECK(rt.reports().empty());
}

TEST_CASE_FIXTURE(no_frames_left, "race: different results come in a variant whose index is the winner's") {
  manual_runtime rt;
  int target = 1;
  auto text = []() -> task<std::string> {
    co_await sleep_for(10ms);
    co_return "text";
  };
  auto ref = [](int& r) -> task<int&> {
    co_await sleep_for(5ms);
    co_return r;
  };
  auto nothing = []() -> task<> { co_await sleep_for(1ms); };
  auto body = [&]() -> task<> {
    auto a = co_await race(text(), sleep_for(1h), ref(target));
    static_assert(std::is_same_v<decltype(a.value), std::variant<std::string, unit, std::reference_wrapper<int>>>);
    CHECK(a.index == 2);
    CHECK(&std::get<2>(a.value).get() == &target);
    const auto b = co_await race(text(), nothing());
    CHECK(b.index == 1);
    CHECK(b.value.index() == 1);
    const auto c = co_await race(nothing(), sleep_for(1h));
    static_assert(std::is_same_v<decltype(c), const first_of<unit>>);
    CHECK(c.index == 0);
    auto d = co_await race(ref(target), ref(target));
    static_assert(std::is_same_v<decltype(d.value), int&>);
    CHECK(&d.value == &target);
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "race: of no tasks is refused") {
  CHECK_THROWS_AS(static_cast<void>(race(std::vector<task<int>>{}, par{1})), std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "combinators: exactly one wins, everybody is awaited, under every order") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    manual_runtime rt{{.seed = seed}};
    gauge g;
    auto body = [&]() -> task<> {
      std::vector<task<int>> many;
      for (int i = 0; i < 8; ++i) many.push_back(call(g, 10ms, i));  // all end at the same time
      const auto [index, value] = co_await race(std::move(many), par{8});
      CHECK(value == static_cast<int>(index));
      CHECK(g.now == 0);
      CHECK(counted::alive == 0);
    };
    rt.block_on(body());
    CHECK(g.started == 8);
  }
}

TEST_CASE_FIXTURE(no_frames_left,
                  "combinators: a loser that ignores its stop is reported by name after the grace time") {
  manual_runtime rt;
  gauge g;
  auto mule = [](gauge& of) -> task<int> {
    ++of.started;
    co_await shield(sleep_for(3s));
    co_return 1;
  };
  auto body = [&]() -> task<> {
    co_await race(call(g, 10ms, 0), mule(g), mule(g), call(g, 1h, 0));
    CHECK(g.now == 0);
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 3000);
  REQUIRE(rt.reports(report_kind::uncancellable) == 2);
  CHECK(rt.reports()[0].name.find("mule") == std::string::npos);  // a lambda's name is its operator()
  CHECK_FALSE(rt.reports()[0].name.empty());
}

TEST_CASE_FIXTURE(no_frames_left, "when_all: the suppressed failures can be kept, in the order of the input") {
  manual_runtime rt;
  gauge g;
  std::vector<std::exception_ptr> others;
  auto body = [&]() -> task<> {
    auto all =
        when_all(slow_to_stop(g, 9ms, "a"), fail_after(10ms, "first"), slow_to_stop(g, 5ms, "c"), call(g, 1s, 4));
    co_await std::move(all).suppressed_into(others);
  };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "first", std::runtime_error);
  REQUIRE(others.size() == 2);
  CHECK(what_of(others[0]) == "a");
  CHECK(what_of(others[1]) == "c");
  CHECK(rt.reports().empty());
}
