// take: what is asked for, and what is not; ends of channels at the ends of streams.
#include "coro/calls.hpp"

#include <memory>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weir/push_source.hpp>
#include <weir/streams.hpp>
#include <weir/when.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

auto numbers(int n) { return std::views::iota(0, n); }

/// A stream of 0, 1, 2, ... that counts how many were asked for, and would be silent for ever after
/// `there`.
auto counting(int& asked, int there) {
  return unfold([&asked, there]() -> task<std::optional<int>> {
    const int n = asked++;
    if (n >= there) co_await sleep_for(1h);
    co_return n;
  });
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "take(n): the item after the n-th is not asked for, whatever is before it") {
  manual_runtime rt;
  const auto three = std::vector{0, 1, 2};
  int asked = 0;
  auto even = [](int x) { return x % 2 == 0; };
  auto pair = [](int x) { return std::vector{x, x}; };
  CHECK(rt.block_on(counting(asked, 3) | take(3) | collect(9)) == three);
  CHECK(std::exchange(asked, 0) == 3);
  CHECK(rt.block_on(counting(asked, 3) | filter(even) | take(2) | collect(9)) == std::vector{0, 2});
  CHECK(std::exchange(asked, 0) == 3);
  CHECK(rt.block_on(counting(asked, 2) | flat_map(pair) | take(3) | collect(9)) == std::vector{0, 0, 1});
  CHECK(std::exchange(asked, 0) == 2);
  rate_limiter hourly{rt, rate{1, 1h}, 3};
  CHECK(rt.block_on(counting(asked, 3) | rate_limit(hourly) | take(3) | collect(9)) == three);
  CHECK(std::exchange(asked, 0) == 3);
  auto job = zip(counting(asked, 3), from(numbers(9))) | take(3) | map([](const auto& p) { return p.second; });
  CHECK(rt.block_on(std::move(job) | collect(9)) == three);
  CHECK(std::exchange(asked, 0) == 3);
  CHECK(rt.block_on(counting(asked, 3) | take(3) | read_ahead(5) | collect(9)) == three);
  CHECK(std::exchange(asked, 0) == 3);
  int made = 0;
  auto loop = [&](emitter<int>& out) -> task<> {
    for (;; ++made) co_await out(made);
  };
  CHECK(rt.block_on(generate<int>(loop) | take(3) | collect(9)) == three);
  CHECK(made == 2);
  CHECK(elapsed(rt) == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "take(n): a range is not moved on beyond the n-th element, neither read nor searched") {
  manual_runtime rt;
  std::istringstream text{"0 1 2 3 4"};
  CHECK(rt.block_on(from(std::views::istream<int>(text)) | take(2) | collect(9)) == std::vector{0, 1});
  int next = -1;
  text >> next;
  CHECK(next == 2);
  int looked_at = 0;
  auto small = numbers(1000) | std::views::filter([&](int x) {
                 ++looked_at;
                 return x < 3;
               });
  CHECK(rt.block_on(from(small) | take(3) | collect(9)) == std::vector{0, 1, 2});
  CHECK(looked_at == 3);
  auto inner = [&](int) { return std::views::istream<int>(text); };
  CHECK(rt.block_on(from(numbers(1)) | flat_map(inner) | take(1) | collect(9)) == std::vector{3});
  CHECK((text >> next && next == 4));
}

TEST_CASE_FIXTURE(no_frames_left, "take(0): what is before it is not started, whatever its tasks would do") {
  manual_runtime rt;
  int asked = 0;
  auto call = [](int x) -> task<int> { co_return x; };
  auto key = [](int x) { return x; };
  auto loop = [&](emitter<int>& out) -> task<> { co_await out(asked++); };
  const auto none = std::vector<int>{};
  CHECK(rt.block_on(counting(asked, 9) | take(0) | collect(9)) == none);
  CHECK(rt.block_on(counting(asked, 9) | map_async(call, par{2}) | take(0) | collect(9)) == none);
  CHECK(rt.block_on(counting(asked, 9) | partition_by(key, call, par{2}) | take(0) | collect(9)) == none);
  CHECK(rt.block_on(counting(asked, 9) | read_ahead(2) | take(0) |
                    for_each(par{2}, [](int) -> task<> { co_return; })) == 0);
  CHECK(rt.block_on(counting(asked, 9) | batch({.items = 2}, 1s) | take(0) | for_each([](const auto&) {})) == 0);
  CHECK(rt.block_on(generate<int>(loop) | take(0) | collect(9)) == none);
  CHECK(rt.block_on(merge(counting(asked, 9), counting(asked, 9)) | take(0) | map_async(call, par{2}) | collect(9)) ==
        none);
  CHECK(asked == 0);
  // Beside one that is wanted.
  CHECK(rt.block_on(merge(counting(asked, 9) | read_ahead(1) | take(0), from(numbers(2))) | collect(9)) ==
        std::vector{0, 1});
  CHECK(asked == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "from(end): the items of the channel, its end, and its error after them") {
  manual_runtime rt;
  auto three = [](sending_end<int>& to) -> task<> {
    for (int i = 0; i < 3; ++i) co_await to.send(i);
  };
  auto failing = [](sending_end<int>& to) -> task<> {
    co_await to.send(7);
    throw std::runtime_error{"source"};
  };
  auto good = make_channel<int>(1);
  auto take_all = [](receiving_end<int> out) -> task<std::vector<int>> {
    auto job = from(std::move(out)) | collect(9);
    co_return co_await std::move(job);
  };
  const std::vector<int> first_three{0, 1, 2};
  auto body = [&]() -> task<> {
    auto [items, sent] = co_await when_all(take_all(std::move(good.out)), feed(std::move(good.in), three));
    CHECK(items == first_three);
    auto bad = make_channel<int>(1);
    int seen = 0;
    auto use = [&](int x) { seen = x; };
    auto into = [](receiving_end<int> out, std::function<void(int)> fn) -> task<std::size_t> {
      auto job = from(std::move(out)) | for_each(std::move(fn));
      co_return co_await std::move(job);
    };
    std::string error;
    try {
      co_await when_all(into(std::move(bad.out), use), feed(std::move(bad.in), failing));
    } catch (const std::runtime_error& e) {
      error = e.what();
    }
    CHECK(error == "source");
    CHECK(seen == 7);
    CHECK(rt.reports(report_kind::never_awaited) == 1);  // the same from the other end
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "from(end), to(end): they go with their stream, at its end, not with its frame") {
  manual_runtime rt;
  auto ends = make_channel<int>(1, {.name = "middle"});
  std::size_t sent = 0;
  bool closed = false;
  auto producer = [&](sending_end<int> in) -> task<> {
    sending_end<int> to = std::move(in);
    try {
      for (;; ++sent) co_await to.send(static_cast<int>(sent));
    } catch (const channel_closed&) {
      closed = true;  // nobody receives any more
    }
  };
  const std::vector<int> two{0, 1}, first_three{0, 1, 2}, five{0, 1, 2, 3, 4};
  auto body = [&]() -> task<> {
    // when_all keeps the frames of both until both have ended.
    auto early = from(std::move(ends.out)) | take(2) | collect(9);
    auto [items, done] = co_await when_all(std::move(early), producer(std::move(ends.in)));
    CHECK(items == two);
    auto second = make_channel<int>(1);
    auto sending = from(numbers(5)) | to(std::move(second.in));
    auto receiving = from(std::move(second.out)) | collect(9);
    auto [n, all] = co_await when_all(std::move(sending), std::move(receiving));
    CHECK(n == 5);
    CHECK(all == five);
    auto [push, out] = from_push<int>(8, overflow::drop_oldest);
    for (int i = 0; i < 3; ++i) CHECK(push.push(i) == pushed::accepted);
    push.close();
    auto pushed_items = from(std::move(out)) | collect(9);
    const std::vector<int> rest = co_await std::move(pushed_items);
    CHECK(rest == first_three);
  };
  rt.block_on(body());
  CHECK(closed);
}
