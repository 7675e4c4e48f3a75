// Operators with tasks of their own: bounds, order, time, and who stops whom.
#include "coro/calls.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weir/map_all.hpp>
#include <weir/streams.hpp>
#include <weir/when.hpp>

#include "support/stderr_reports.hpp"

using namespace coro_test;
using testing::manual_runtime;

namespace {

auto numbers(int n) { return std::views::iota(0, n); }

// One type for each kind of function, so that pipelines of one shape are compiled once.
using plain = std::function<int(int)>;
using calls = std::function<task<int>(int)>;
using use = std::function<task<>(int)>;

bool is_range(const std::vector<int>& v, int n) { return std::ranges::equal(v, numbers(n)); }

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "for_each(par): 50,000 items, 20 at once, never more than 20 read ahead of the done ones [row 7]") {
  manual_runtime rt;
  gauge g;
  int read = 0, ahead = 0;
  const plain count = [&](int x) {
    ahead = std::max(ahead, ++read - g.finished);
    return x;
  };
  const use insert = [&](int x) -> task<> { static_cast<void>(co_await call(g, 10ms, x)); };
  CHECK(rt.block_on(from(numbers(50'000)) | map(count) | for_each(par{20}, insert)) == 50'000);
  CHECK(g.peak == 20);
  CHECK(ahead == 20);
  CHECK(elapsed(rt) == 50'000 / 20 * 10);
}

TEST_CASE_FIXTURE(no_frames_left, "batch(500) | for_each(par{8}): a million items are 2000 calls, 8 at once [row 8]") {
  manual_runtime rt;
  gauge g;
  std::size_t items = 0;
  auto insert = [&](std::vector<int> rows) -> task<> {
    items += rows.size();
    CHECK(rows.size() == 500);
    static_cast<void>(co_await call(g, 10ms, 0));
  };
  CHECK(rt.block_on(from(numbers(1'000'000)) | batch(500) | for_each(par{8}, insert)) == 2000);
  CHECK(items == 1'000'000);
  CHECK(g.peak == 8);
  CHECK(elapsed(rt) == 2500);
}

TEST_CASE_FIXTURE(no_frames_left, "map_async: a window of calls beats waves of them: 1550 ms against 10,000 [row 10]") {
  manual_runtime rt;
  gauge g;
  const calls fetch = [&](int x) { return call(g, x % 20 == 0 ? 1000ms : 50ms, x); };
  auto waves = [&]() -> task<> {
    co_await (from(numbers(200)) | batch(20) | for_each(par{1}, [&](std::vector<int> wave) -> task<> {
                static_cast<void>(co_await map_all(std::move(wave), par{20}, fetch));
              }));
  };
  rt.block_on(waves());
  CHECK(elapsed(rt) == 10'000);
  const auto begun = rt.now();
  CHECK(rt.block_on(from(numbers(200)) | map_async(fetch, par{20}, unordered, window{200}) | collect(200)).size() ==
        200);
  CHECK((rt.now() - begun) / 1ms <= 1550);
}

TEST_CASE_FIXTURE(no_frames_left, "map_async: par{1} keeps the order, one call at a time [row 25]") {
  manual_runtime rt;
  gauge g;
  CHECK(is_range(
      rt.block_on(from(numbers(10)) | map_async(calls{[&](int x) { return call(g, 10ms, x); }}, par{1}) | collect(10)),
      10));
  CHECK(g.peak == 1);
  CHECK(elapsed(rt) == 100);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "map_async: ordered gives the input's order, unordered every result once [row 35, case 26]") {
  for (const order by : {ordered, unordered}) {
    manual_runtime rt{{.seed = 7}};
    std::minstd_rand random{5};
    gauge g;
    const calls work = [&](int x) { return call(g, std::chrono::milliseconds{random() % 20 + 1}, x); };
    std::vector<int> out =
        rt.block_on(from(numbers(10'000)) | map_async(work, par{50}, by, window{100}) | collect(10'000));
    CHECK(g.peak == 50);
    CHECK(std::ranges::is_sorted(out) == (by == ordered));
    std::ranges::sort(out);
    CHECK(is_range(out, 10'000));
  }
}

TEST_CASE_FIXTURE(no_frames_left, "map_async: running and waiting results together stay inside the window") {
  for (const order by : {ordered, unordered}) {
    manual_runtime rt;
    gauge g;
    int taken = 0, ahead = 0, read = 0;
    const plain count = [&](int x) {
      ahead = std::max(ahead, ++read - taken);
      return x;
    };
    auto slow_sink = [&](int) -> task<> {
      co_await sleep_for(100ms);
      ++taken;
    };
    const calls quick = [&](int x) { return call(g, 1ms, x); };
    rt.block_on(from(numbers(100)) | map(count) | map_async(quick, par{4}, by, window{10}) |
                for_each(par{1}, slow_sink));
    CHECK(g.peak <= 4);
    CHECK(ahead == 11);  // ten in the window and the one in the sink's hands
  }
}

TEST_CASE("map_async and partition_by: impossible bounds are refused when they are written down [case 28]") {
  const auto f = [](int) -> task<int> { co_return 0; };
  const auto key = [](int x) { return x; };
  CHECK_THROWS_AS((void)map_async(f, par{0}), std::invalid_argument);
  CHECK_THROWS_AS((void)map_async(f, par{4}, ordered, window{3}), std::invalid_argument);
  CHECK_THROWS_AS((void)partition_by(key, f, par{4}, window{3}), std::invalid_argument);
  CHECK_THROWS_AS((void)read_ahead(0), std::invalid_argument);
  CHECK_THROWS_AS((void)map_cpu(key, 0), std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "map_async: the first failure ends the stream at once, though an earlier result is missing "
                  "[case 30]") {
  manual_runtime rt;
  gauge g;
  bool cleaned = false;
  const calls work = [&](int x) -> task<int> {
    if (x == 3) co_return co_await fail_after(10ms, "three");
    try {
      co_return co_await call(g, 10h, x);
    } catch (const operation_cancelled&) {
      cleaned = true;
      throw;
    }
  };
  CHECK_THROWS_WITH(rt.block_on(from(numbers(100)) | map_async(work, par{8}) | collect(100)), "three");
  CHECK(elapsed(rt) == 10);
  CHECK(g.now == 0);
  CHECK(cleaned);
}

TEST_CASE_FIXTURE(no_frames_left, "take: what is before it is stopped and awaited, calls under way too") {
  manual_runtime rt;
  gauge g;
  const auto out =
      rt.block_on(from(std::views::iota(0)) | map_async(calls{[&](int x) { return call(g, 10ms, x); }}, par{5}) |
                  take(7) | collect(7));
  CHECK(is_range(out, 7));
  CHECK(g.now == 0);
  CHECK(g.started <= 7 + 10);
  CHECK(elapsed(rt) == 20);
}

TEST_CASE_FIXTURE(no_frames_left, "read_ahead: reading and writing overlap: 1010 ms instead of 2000 [row 29]") {
  for (const bool ahead : {false, true}) {
    manual_runtime rt;
    gauge reads;
    int written = 0, most = 0;
    auto next = [&]() -> task<std::optional<int>> {
      if (reads.started == 100) co_return std::nullopt;
      co_return co_await call(reads, 10ms, reads.started);
    };
    auto write = [&](int) -> task<> {
      co_await sleep_for(10ms);
      most = std::max(most, reads.finished - ++written);
    };
    if (ahead)
      rt.block_on(unfold(next) | read_ahead(1) | for_each(par{1}, write));
    else
      rt.block_on(unfold(next) | for_each(par{1}, write));
    CHECK(written == 100);
    CHECK(elapsed(rt) == (ahead ? 1010 : 2000));
    CHECK(most <= 1);
  }
}

TEST_CASE_FIXTURE(no_frames_left,
                  "partition_by: in order for each key, and a blocked key holds up nobody else [case 31]") {
  manual_runtime rt;
  std::map<int, std::vector<int>> seen;
  const plain key = [](int x) { return x % 10; };
  const calls apply = [&](int x) -> task<int> {
    co_await sleep_for(x == 0 ? 500ms : 10ms);
    seen[x % 10].push_back(x);
    co_return x;
  };
  auto others = [&]() -> task<> {
    co_await sleep_for(450ms);
    CHECK(seen[0].empty());
    for (int k = 1; k < 10; ++k) CHECK(seen[k].size() >= 9);
  };
  auto body = [&]() -> task<> {
    auto [out, none] =
        co_await when_all(from(numbers(100)) | partition_by(key, apply, par{10}, window{100}) | collect(100), others());
    CHECK(out.size() == 100);
  };
  rt.block_on(body());
  for (const auto& [k, items] : seen) {
    CHECK(items.size() == 10);
    CHECK(std::ranges::is_sorted(items));
  }
}

TEST_CASE_FIXTURE(no_frames_left,
                  "merge: whoever has something, each stream in order, the fast one does not crowd out the slow one") {
  manual_runtime rt;
  gauge g;
  const auto at = [&](std::chrono::milliseconds d) { return calls{[&g, d](int x) { return call(g, d, x); }}; };
  std::vector<int> seen;
  const use slow = [&](int x) -> task<> {
    co_await sleep_for(10ms);
    seen.push_back(x);
  };
  rt.block_on(merge(from(numbers(50)) | map_async(at(1ms), par{1}),
                    from(std::views::iota(100, 110)) | map_async(at(10ms), par{1})) |
              for_each(par{1}, slow));
  CHECK(seen.size() == 60);
  // Both have something all the time, so they take turns: the ten of the slow one are in the first twenty-odd.
  const auto last = std::ranges::find(seen, 109) - seen.begin();
  CHECK(last <= 22);
  std::erase_if(seen, [](int x) { return x >= 100; });
  CHECK(is_range(seen, 50));
}

TEST_CASE_FIXTURE(no_frames_left, "merge: the failure of one stream stops the others") {
  weir_test::expect_stderr_reports();
  manual_runtime rt;
  gauge g;
  const calls never = [&](int x) { return call(g, 10h, x); };
  const calls fails = [](int) { return fail_after(5ms, "mine"); };
  CHECK_THROWS_WITH(
      rt.block_on(merge(from(numbers(5)) | map_async(never, par{2}), from(numbers(5)) | map_async(fails, par{2})) |
                  collect(9)),
      "mine");
  CHECK(elapsed(rt) == 5);
  CHECK(g.now == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "settled and skip_errors: 40,000 with 14 failures give 39,986 results and 14 errors [row 37]") {
  manual_runtime rt;
  const calls fetch = [](int x) -> task<int> {
    co_await sleep_for(1ms);
    if (x % 2857 == 2) throw std::runtime_error{std::to_string(x)};
    co_return x;
  };
  std::vector<std::string> errors;
  const auto note = [&](const std::exception_ptr& e) { errors.push_back(expected<int>{e}.message()); };
  const std::size_t good = rt.block_on(from(numbers(40'000)) | map_async(settled(fetch), par{100}) | skip_errors(note) |
                                       for_each([](int) {}));
  CHECK(good == 39'986);
  CHECK(errors.size() == 14);
  CHECK(errors.front() == "2");
  CHECK(errors.back() == std::to_string(2857 * 13 + 2));
}

TEST_CASE_FIXTURE(no_frames_left, "map_cpu: results in order, the leftmost failure of a batch ends the stream") {
  weir_test::expect_stderr_reports();
  manual_runtime rt;
  CHECK(is_range(rt.block_on(from(numbers(1000)) | map_cpu(plain{[](int x) { return x; }}, 64) | collect(1000)), 1000));
  const plain fails = [](int x) { return x % 10 == 7 ? throw std::runtime_error{std::to_string(x)} : x; };
  CHECK_THROWS_WITH(rt.block_on(from(numbers(1000)) | map_cpu(fails) | collect(1000)), "7");
}

TEST_CASE_FIXTURE(no_frames_left, "to(end): the receiver gets what the stream failed with, wherever that was") {
  manual_runtime rt;
  auto body = [&]() -> task<> {
    auto [in, out] = make_channel<int>(2);
    const calls work = [](int x) -> task<int> {
      if (x == 3) co_return co_await fail_after(5ms, "the cause");
      co_return x;
    };
    auto feeding = [&](task_group& g) -> task<> {
      auto job = from(numbers(9)) | map_async(work, par{1}) | to(std::move(in));
      co_await g.spawn(std::move(job));
      try {
        while (co_await out.receive()) {
        }
        FAIL("no error");
      } catch (const std::runtime_error& e) {
        CHECK(std::string{e.what()} == "the cause");
      }
    };
    try {
      co_await with_group({.limit = par{1}, .on_failure = failure_policy::keep_going}, std::ref(feeding));
    } catch (const std::runtime_error&) {
    }
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "timeout: what a filter drops is nothing") {
  manual_runtime rt;
  const calls tick = [](int x) -> task<int> {
    co_await sleep_for(10ms);
    co_return x;
  };
  const auto none = [](int) { return false; };
  auto job = from(numbers(1000)) | map_async(tick, par{1}) | filter(none) | timeout(45ms) | collect(1);
  CHECK_THROWS_AS(rt.block_on(std::move(job)), operation_timed_out);
  CHECK(elapsed(rt) == 45);
}

TEST_CASE_FIXTURE(no_frames_left, "zip and map_cpu: behind a filter that drops everything they see their stop") {
  manual_runtime rt;
  const auto none = [](std::uint64_t) { return false; };
  const auto endless = [&] { return from(std::views::iota(std::uint64_t{0})) | filter(none); };
  const auto is_stopped = [&](auto make) {
    auto body = [&]() -> task<> {
      auto job = make();
      try {
        co_await with_timeout(0ms, std::move(job));
        FAIL("it ended");
      } catch (const operation_timed_out&) {
      }
    };
    rt.block_on(body());
  };
  is_stopped([&] { return zip(endless(), from(numbers(3))) | collect(1); });
  is_stopped([&] { return endless() | map_cpu([](std::uint64_t x) { return x; }) | collect(1); });
}

TEST_CASE_FIXTURE(no_frames_left, "from: a range whose iterators cannot be copied") {
  manual_runtime rt;
  std::istringstream text{"1 2 3"};
  CHECK(rt.block_on(from(std::views::istream<int>(text)) | collect(9)) == std::vector{1, 2, 3});
}
