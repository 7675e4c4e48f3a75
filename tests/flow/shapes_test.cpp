// The shapes of execution (FLOW rows 1 to 5, 11, 15), exactly, in virtual time.
#include "coro/calls.hpp"

#include <algorithm>
#include <limits>
#include <list>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <sstream>
#include <string>
#include <vector>

#include <weir/error.hpp>
#include <weir/limiter.hpp>
#include <weir/map_all.hpp>
#include <weir/predict.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/when.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

std::vector<int> numbers(int n) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// Virtual milliseconds of n calls of 50 ms, c at once, and their peak.
struct measured {
  std::int64_t ms;
  int peak;
};
measured run(int n, std::size_t c, std::chrono::milliseconds latency = 50ms) {
  manual_runtime rt;
  gauge g;
  auto fetch = [&](int id) { return call(g, latency, id); };
  auto body = [&]() -> task<> {
    const std::vector<int> results = co_await map_all(numbers(n), par{c}, fetch);
    CHECK(results == numbers(n));
  };
  rt.block_on(body());
  return {elapsed(rt), g.peak};
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "shapes: a loop of awaits is serial, one page resident, in order [row 1]") {
  manual_runtime rt;
  gauge g;
  auto serial = [&]() -> task<> {
    for (int i = 0; i < 8; ++i) static_cast<void>(co_await call(g, 50ms, i));
  };
  rt.block_on(serial());
  CHECK(elapsed(rt) == 400);
  CHECK(g.peak == 1);
  struct page {
    counted resident;
    std::optional<int> next;
  };
  auto fetch = [](int cursor) -> task<page> {
    co_await sleep_for(10ms);
    co_return page{counted{cursor}, cursor + 1 < 20 ? std::optional{cursor + 1} : std::nullopt};
  };
  std::vector<int> order;
  std::int64_t most = 0;
  auto paginate = [&]() -> task<> {
    for (std::optional<int> cursor = 0; cursor;) {
      const page p = co_await fetch(*cursor);
      order.push_back(p.resident.value);
      most = std::max(most, counted::alive);
      cursor = p.next;
    }
  };
  rt.block_on(paginate());
  CHECK(order == numbers(20));
  CHECK(most == 1);
  CHECK(elapsed(rt) == 600);
}

TEST_CASE_FIXTURE(no_frames_left, "shapes: 100 calls of 50 ms take 5000, 250 and 50 ms at 1, 20 and 100 [row 2]") {
  CHECK(run(100, 1).ms == 5000);
  CHECK(run(100, 20).ms == 250);
  CHECK(run(100, 100).ms == 50);
}

TEST_CASE_FIXTURE(no_frames_left, "shapes: predict(N, L, c) is what virtual time measures [row 3]") {
  struct world {
    int n;
    std::chrono::milliseconds latency;
    std::size_t c;
    std::int64_t ms;
  };
  for (const world& w : {world{200, 50ms, 1, 10'000}, world{200, 50ms, 200, 50}, world{200, 50ms, 20, 500},
                         world{8, 50ms, 4, 100}, world{500, 40ms, 10, 2000}, world{7, 30ms, 3, 90}}) {
    const measured m = run(w.n, w.c, w.latency);
    CHECK(m.ms == w.ms);
    CHECK(predict(static_cast<std::size_t>(w.n), w.latency, par{w.c}) == w.ms * 1ms);
    CHECK(m.peak == static_cast<int>(std::min(w.c, static_cast<std::size_t>(w.n))));
  }
  CHECK(predict(40'000, 50ms, par{30}) == 66'700ms);
  CHECK(predict(0, 50ms, par{1}) == 0ms);
  CHECK(predict(10, -1ms, par{1}) == 0ms);
  CHECK(predict(std::numeric_limits<std::size_t>::max(), 50ms, par{1}) == std::chrono::nanoseconds::max());
}

TEST_CASE_FIXTURE(no_frames_left, "shapes: a scope waits for a child nobody awaits; it never leaks [row 5]") {
  manual_runtime rt;
  gauge g;
  auto scope = [&](task_group& group) -> task<> { co_await group.spawn(call(g, 1s, 1)); };
  auto body = [&]() -> task<> {
    co_await with_group({.limit = par{8}}, scope);
    CHECK(g.finished == 1);
  };
  rt.block_on(body());
  CHECK(elapsed(rt) == 1000);
  CHECK(counted::alive == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "shapes: 1025 tasks in a group of 10, never more; the first error stops [row 11, case 13]") {
  manual_runtime rt;
  gauge g;
  auto all = [&](task_group& group) -> task<> {
    for (int i = 0; i < 1025; ++i) co_await group.spawn(call(g, 1ms, i));
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{10}}, all); };
  rt.block_on(body());
  CHECK(g.peak == 10);
  CHECK(g.finished == 1025);
  CHECK(elapsed(rt) == 103);
  auto failing = [&](task_group& group) -> task<> {
    for (int i = 0; i < 1025; ++i) {
      task<int> next = i == 99 ? fail_after(1ms, "#99") : call(g, 1ms, i);  // gcc 12: not inside of the co_await
      co_await group.spawn(std::move(next));
    }
  };
  g = {};
  auto second = [&]() -> task<> { co_await with_group({.limit = par{10}}, failing); };
  CHECK_THROWS_WITH_AS(rt.block_on(second()), "#99", std::runtime_error);
  CHECK(g.started <= 109);
  CHECK(g.now == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "shapes: independent steps run together: 100 ms, not 150 [row 15]") {
  manual_runtime rt;
  gauge g;
  auto body = [&]() -> task<int> {
    const int user = co_await call(g, 50ms, 1);
    auto [orders, pricing] = co_await when_all(call(g, 50ms, user + 1), call(g, 50ms, user + 2));
    co_return orders + pricing;
  };
  CHECK(rt.block_on(body()) == 5);
  CHECK(elapsed(rt) == 100);
}

TEST_CASE_FIXTURE(no_frames_left, "map_all: reads the range only as far as there is room") {
  manual_runtime rt;
  gauge g;
  int read = 0;
  int most_ahead = 0;
  auto source = std::views::iota(0, 50'000) | std::views::transform([&](int i) {
                  ++read;
                  most_ahead = std::max(most_ahead, read - g.finished);
                  return i;
                });
  auto insert = [&](int id) -> task<> { static_cast<void>(co_await call(g, 1ms, id)); };
  auto body = [&]() -> task<> { co_await map_all(source, par{20}, insert); };
  rt.block_on(body());
  CHECK(read == 50'000);
  CHECK(g.peak == 20);
  CHECK(most_ahead <= 21);
}

TEST_CASE_FIXTURE(no_frames_left, "map_all: a range that throws at item 2 stops and awaits items 0 and 1 [case 35]") {
  manual_runtime rt;
  gauge g;
  auto source = std::views::iota(0, 10) | std::views::transform([](int i) {
                  if (i == 2) throw std::runtime_error{"source"};
                  return i;
                });
  auto fetch = [&](int id) { return call(g, 1s, id); };
  auto body = [&]() -> task<> { static_cast<void>(co_await map_all(source, par{8}, fetch)); };
  CHECK_THROWS_WITH_AS(rt.block_on(body()), "source", std::runtime_error);
  CHECK(g.started == 2);
  CHECK(g.now == 0);
  CHECK(elapsed(rt) == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "map_all: a function object by reference keeps its state") {
  manual_runtime rt;
  struct counting {
    int calls = 0;
    task<int> operator()(int x) {
      ++calls;
      co_return x;
    }
  } fn;
  auto body = [&]() -> task<> { CHECK(co_await map_all(numbers(3), par{2}, std::ref(fn)) == numbers(3)); };
  rt.block_on(body());
  CHECK(fn.calls == 3);
}

TEST_CASE_FIXTURE(no_frames_left, "map_all: references, move-only results, a range that is moved in, and of nothing") {
  manual_runtime rt;
  std::list<int> cells{1, 2, 3};
  auto same = [](int& cell) -> task<int&> { co_return cell; };
  auto boxed = [](int v) -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(v); };
  auto body = [&]() -> task<> {
    const std::vector<std::reference_wrapper<int>> refs = co_await map_all(cells, par{2}, same);
    CHECK(&refs[0].get() == &cells.front());
    const auto boxes = co_await map_all(numbers(5), par{2}, boxed);
    CHECK(*boxes[4] == 4);
    const auto none = co_await map_all(std::vector<int>{}, par{2}, boxed);
    CHECK(none.empty());
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "map_all: an item that a view computes or reads lives until its call has ended") {
  manual_runtime rt;
  auto later = [](const int& id) -> task<int> {
    co_await sleep_for((10 - id) * 1ms);
    co_return id;
  };
  std::istringstream text{"3 1 4 2 5"};
  auto body = [&]() -> task<> {
    const std::vector<int> counted = co_await map_all(std::views::iota(0, 9), par{3}, later);
    CHECK(counted == numbers(9));
    const std::vector<int> read = co_await map_all(std::views::istream<int>(text), par{3}, later);
    CHECK(read == std::vector{3, 1, 4, 2, 5});
    auto doubled = std::views::iota(0, 4) | std::views::transform([](int i) { return std::make_unique<int>(2 * i); });
    auto unboxed = [](std::unique_ptr<int> box) -> task<int> { co_return *box; };
    const std::vector<int> opened = co_await map_all(doubled, par{2}, unboxed);
    CHECK(opened == std::vector{0, 2, 4, 6});
  };
  rt.block_on(body());
}
