// What is listed, the report that people read, and the levers: exact, in virtual time.
#include "coro/calls.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <ranges>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <weir/channel.hpp>
#include <weir/limiter.hpp>
#include <weir/observe.hpp>
#include <weir/rate_limiter.hpp>
#include <weir/streams.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

std::optional<observation> named_one(std::string_view name) {
  for (observation& o : observe())
    if (o.name == name) return std::move(o);
  return std::nullopt;
}

/// Without the number of each pipeline: it depends on what has run before.
std::string without_ids(const std::string& text) {
  static const std::regex number{"pipeline [0-9]+"};
  return std::regex_replace(text, number, "pipeline #");
}

using calls = std::function<task<int>(int)>;
using use = std::function<task<>(int)>;

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "observe: what has a bound is listed while it lives, by name, with exact numbers") {
  manual_runtime rt;
  CHECK_FALSE(named_one("pages"));
  {
    channel<int> pages{4, {.name = "pages"}};
    limiter calls_at_once{3, {.name = "calls"}};
    rate_limiter partner{rt, rate{600}, 30, {.name = "partner"}};
    for (int i = 0; i < 3; ++i) REQUIRE(pages.try_send(i));
    static_cast<void>(pages.try_receive());
    const permit two = calls_at_once.try_acquire(2);

    const observation ch = named_one("pages").value();
    CHECK(ch.kind == observed_kind::channel);
    CHECK(ch.capacity == 4);
    CHECK(ch.depth == 2);
    CHECK(ch.peak == 3);
    CHECK(ch.in == 3);
    CHECK(ch.out == 1);
    CHECK(ch.in == ch.out + ch.lost + ch.depth);
    const observation lim = named_one("calls").value();
    CHECK(lim.kind == observed_kind::limiter);
    CHECK(lim.depth == 2);
    CHECK(lim.in == 2);
    CHECK(named_one("partner").value().type == "rate_limiter");
    CHECK(std::ranges::count(observe(), "partner", &observation::name) == 1);
  }
  CHECK_FALSE(named_one("pages"));
  CHECK_FALSE(named_one("calls"));
}

// What a user reads. The four questions of source document 002: awaited, bounded, honoured (when full), outside.
TEST_CASE_FIXTURE(no_frames_left,
                  "report: a pipeline answers the four questions for each part, and its rates [row 34]") {
  manual_runtime rt;
  channel<int> orders{64, {.name = "orders"}};
  gauge fetching, inserting;
  const calls fetch = [&](int x) { return call(fetching, 50ms, x); };
  const use insert = [&](int x) -> task<> { static_cast<void>(co_await call(inserting, 20ms, x)); };
  auto produce = [&]() -> task<> {
    for (int i = 0; i < 2000; ++i) co_await orders.send(i);
    orders.close();
  };
  auto consume = [&]() -> task<> {
    auto job = from(orders) | map_async(fetch, par{20}, unordered, window{40}) | named("fetch") | batch(1) |
               map([](const std::vector<int>& v) { return v.front(); }) | for_each(par{8}, insert, "insert");
    co_await std::move(job);
  };
  rt.spawn(produce(), "produce");
  rt.spawn(consume(), "consume");
  rt.advance(500ms);
  CHECK(rt.report().find("in/s") != std::string::npos);  // the first look: no rates yet
  rt.advance(1000ms);
  const std::string text = without_ids(rt.report());
  INFO(text);
  CHECK(text == R"(workers 0, queue 0 of 0 (peak 0), blocking calls 0 queued (peak 0) on 0 threads
jobs 0 ok, 0 failed, 0 cancelled, 0 rejected; tasks 29 started, 0 ok, 0 failed, 0 cancelled
reactor lag p50 0 ns, p99 0 ns, longest continuation 0 ns; timers 28
reports: none
pipeline #
  part       name    awaited by  bounded               when full  outside  in   depth  peak  in/s   out/s  full in
  from       -       loop        holds 1               waits      orders   -    -      -     -      -      -
  map_async  fetch   group       20 at once, holds 40  waits      -        620     36    40  400.0  400.0  -
  batch      -       loop        holds 1               waits      -        -    -      -     -      -      -
  map        -       loop        in place              waits      -        -    -      -     -      -      -
  for_each   insert  group       8 at once             waits      -        584      8     8  400.0  400.0  -
channels
  channel  capacity  depth  peak  when full  senders wait  receivers wait  in   out  lost  in/s   out/s  full in
  orders         64     64    64  waits                 1               0  684  620     0  400.0  400.0  -
)");
  rt.advance(1h);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "set_bound: a running stage has from then on so many calls at once, up or down [row 61]") {
  manual_runtime rt;
  gauge g;
  const calls fetch = [&](int x) { return call(g, 10ms, x); };
  auto run = [&]() -> task<> {
    auto job = from(std::views::iota(0, 2000)) | map_async(fetch, par{20}, ordered, window{64}) | named("fetch") |
               for_each([n = 0](int x) mutable { CHECK(x == n++); });
    co_await std::move(job);
  };
  rt.spawn(run(), "run");
  rt.advance(105ms);
  CHECK(g.now == 20);
  CHECK(set_bound("fetch", 5) == 1);
  rt.advance(20ms);
  CHECK(g.now == 5);
  g.peak = 0;
  rt.advance(100ms);
  CHECK(g.peak == 5);
  CHECK(set_bound("fetch", 40) == 1);
  rt.advance(20ms);
  CHECK(g.now == 40);
  CHECK(named_one("fetch").value().at_once == 40);
  rt.advance(1h);
  CHECK(g.finished == 2000);
  CHECK(set_bound("fetch", 3) == 0);
  CHECK_THROWS_AS(set_bound("fetch", 0), std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "set_bound: for_each(par) from 3 to 1 to 12, a limiter, a channel, a read_ahead") {
  manual_runtime rt;
  gauge g;
  channel<int> feed{2, {.name = "feed"}};
  limiter pool{4, {.name = "pool"}};
  const use insert = [&](int x) -> task<> { static_cast<void>(co_await call(g, 10ms, x)); };
  auto produce = [&]() -> task<> {
    for (int i = 0; i < 500; ++i) co_await feed.send(i);
    feed.close();
  };
  auto run = [&]() -> task<> {
    auto job = from(feed) | read_ahead(4) | named("ahead") | for_each(par{3}, insert, "insert");
    co_await std::move(job);
  };
  rt.spawn(produce());
  rt.spawn(run());
  rt.advance(55ms);
  CHECK(g.now == 3);
  CHECK(set_bound("insert", 1) == 1);
  rt.advance(20ms);
  CHECK(g.now == 1);
  rt.advance(50ms);
  CHECK(set_bound("insert", 12) == 1);
  CHECK(set_bound("feed", 30) == 1);
  CHECK(set_bound("ahead", 10) == 1);
  CHECK(set_bound("pool", 9) == 1);
  rt.advance(20ms);
  CHECK(g.now == 12);
  CHECK(named_one("feed").value().depth == 30);
  CHECK(named_one("ahead").value().depth == 10);
  CHECK(pool.limit() == 9);
  rt.advance(1h);
  CHECK(g.finished == 500);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "set_bound: lanes that wait for an item when the bound is lowered take none [row 61]") {
  manual_runtime rt;
  gauge g;
  const use slowly = [&](int x) -> task<> { static_cast<void>(co_await call(g, 40ms, x)); };
  const auto next = [n = 0]() mutable -> task<std::optional<int>> {
    co_await sleep_for(10ms);
    co_return n < 100 ? std::optional{n++} : std::nullopt;
  };
  auto run = [&]() -> task<> {
    auto job = unfold(next) | for_each(par{8}, slowly, "slowly");
    co_await std::move(job);
  };
  rt.spawn(run());
  rt.advance(200ms);
  REQUIRE(g.now == 4);
  REQUIRE(set_bound("slowly", 2) == 1);
  rt.advance(30ms);
  for (int i = 0; i < 50; ++i) {
    rt.advance(10ms);
    CHECK(g.now <= 2);
  }
  REQUIRE(set_bound("slowly", 8) == 1);
  rt.advance(100ms);
  CHECK(g.now == 4);
  rt.advance(1h);
  CHECK(g.finished == 100);
}

TEST_CASE_FIXTURE(no_frames_left, "set_bound: partition_by, up and down, hot keys too; each key in order [row 61]") {
  manual_runtime rt;
  gauge g;
  std::vector<int> last(25, -1);
  bool in_order = true;
  const calls apply = [&](int x) -> task<int> {
    const auto key = static_cast<std::size_t>(x % 25);
    in_order = in_order && last[key] < x;
    last[key] = x;
    co_return co_await call(g, 10ms, x);
  };
  auto run = [&]() -> task<> {
    auto job = from(std::views::iota(0, 2000)) |
               partition_by([](int x) { return x % 25; }, apply, par{10}, window{100}) | named("keys") |
               for_each([](int) {});
    co_await std::move(job);
  };
  rt.spawn(run());
  rt.advance(55ms);
  CHECK(g.now == 10);
  CHECK(named_one("keys").value().type == "partition_by");
  CHECK(set_bound("keys", 3) == 1);
  rt.advance(11ms);
  g.peak = 0;
  for (int i = 0; i < 50; ++i) {
    CHECK(g.now == 3);
    rt.advance(1ms);
  }
  CHECK(g.peak == 3);
  CHECK(set_bound("keys", 20) == 1);
  rt.advance(20ms);
  CHECK(g.now == 20);
  CHECK(named_one("keys").value().at_once == 20);
  rt.advance(1h);
  CHECK(g.finished == 2000);
  CHECK(in_order);
}

TEST_CASE_FIXTURE(no_frames_left, "set_bound: the items of a batch, by number, by bytes and by time [row 61]") {
  manual_runtime rt;
  const auto ticks = [](int& n) {
    return unfold([&n]() -> task<std::optional<int>> {
      co_await sleep_for(1ms);
      co_return n < 60 ? std::optional{n++} : std::nullopt;
    });
  };
  const auto sizes_of = [&](auto batches) {
    int n = 0;
    std::vector<std::size_t> sizes;
    const std::function<void(const std::vector<int>&)> note = [&](const std::vector<int>& b) {
      sizes.push_back(b.size());
    };
    auto run = [&]() -> task<> {
      auto job = ticks(n) | std::move(batches) | named("rows") | for_each(note);
      co_await std::move(job);
    };
    rt.spawn(run());
    rt.advance(25ms);
    CHECK(named_one("rows").value().capacity == 10);
    CHECK(set_bound("rows", 4) == 1);  // 5 are open: they go, nothing is added
    rt.advance(11ms);
    CHECK(set_bound("rows", 12) == 1);
    rt.advance(1h);
    return sizes;
  };
  const std::vector<std::size_t> sizes{10, 10, 5, 4, 4, 12, 12, 3};
  CHECK(sizes_of(batch(10)) == sizes);
  CHECK(sizes_of(batch({.items = 10, .bytes = 1 << 20})) == sizes);
  CHECK(sizes_of(batch({.items = 10}, 1h)) == sizes);
}

TEST_CASE_FIXTURE(no_frames_left, "time_to_full: the prediction is what happens, within 20 % [row 61]") {
  manual_runtime rt;
  channel<int> ch{1000, {.name = "filling"}};
  auto produce = [&]() -> task<> {
    for (;;) co_await sleep_for(10ms), co_await ch.send(0);
  };
  auto consume = [&]() -> task<> {
    for (;;) co_await sleep_for(20ms), static_cast<void>(co_await ch.receive());
  };
  rt.spawn(produce());
  rt.spawn(consume());
  rt.advance(1s);
  const observation before = named_one("filling").value();
  CHECK_FALSE(time_to_full(before, before, 1s));  // nothing has changed: it does not fill up
  rt.advance(1s);
  const auto predicted = time_to_full(before, named_one("filling").value(), 1s);
  REQUIRE(predicted);
  const auto start = rt.now();
  while (ch.size() < 1000) rt.advance(10ms);
  const double ratio = std::chrono::duration<double>(rt.now() - start) / std::chrono::duration<double>(*predicted);
  CHECK(ratio > 0.8);
  CHECK(ratio < 1.2);
}

TEST_CASE_FIXTURE(no_frames_left, "observe: a limiter's numbers obey Little's law within 5 % [row 60]") {
  manual_runtime rt;
  limiter lim{64, {.name = "little"}};
  auto one = [&]() -> task<> {
    const permit p = co_await lim.acquire();
    co_await sleep_for(40ms);
  };
  auto arrivals = [&]() -> task<> {
    group_options options{.limit = par{100}, .name = "arrivals"};
    auto all = [&](task_group& g) -> task<> {
      for (int i = 0; i < 2000; ++i) {
        co_await sleep_for(2ms);
        co_await g.spawn(one());
      }
    };
    co_await with_group(options, all);
  };
  rt.spawn(arrivals());
  rt.advance(1s);
  const observation before = named_one("little").value();
  double in_use = 0;
  for (int i = 0; i < 500; ++i) {
    rt.advance(4ms);
    in_use += static_cast<double>(lim.in_use()) / 500;
  }
  const observation now = named_one("little").value();
  const double rate = static_cast<double>(now.in - before.in) / 2.0;
  CHECK(in_use == doctest::Approx(rate * 0.040).epsilon(0.05));
  rt.advance(1h);
}
