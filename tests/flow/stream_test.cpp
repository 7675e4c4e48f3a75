// Sources, fused operators and sinks: what they emit, how far they read, and what they hold.
#include "coro/calls.hpp"

#include <deque>
#include <list>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include <weir/channel.hpp>
#include <weir/streams.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

std::vector<int> numbers(int n) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// What a pipeline gives, alone on a manual runtime.
template <class T>
T run(task<T> work) {
  manual_runtime rt;
  return rt.block_on(std::move(work));
}

const auto odd = [](int x) { return x % 2 != 0; };
const auto twice = [](int x) { return 2 * x; };

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "stream: map, filter, skip, take, scan and flat_map do what they say, in one pass") {
  const std::vector<int> v = numbers(10);
  CHECK(run(from(v) | map(twice) | collect(10)) == std::vector{0, 2, 4, 6, 8, 10, 12, 14, 16, 18});
  CHECK(run(from(v) | filter(odd) | skip(1) | take(3) | collect(10)) == std::vector{3, 5, 7});
  CHECK(run(from(v) | scan(0, std::plus<>{}) | skip(8) | collect(10)) == std::vector{36, 45});
  const auto up_to = [](int x) { return std::views::iota(0, x); };
  CHECK(run(from(v) | take(4) | flat_map(up_to) | collect(10)) == std::vector{0, 0, 1, 0, 1, 2});
  CHECK(run(from(v) | take(0) | collect(0)).empty());
  CHECK(run(from(std::vector<int>{}) | map(twice) | collect(0)).empty());
  CHECK(run(from(v) | reduce(0, std::plus<>{})) == 45);
  CHECK(run(from(v) | skip(3) | first()) == 3);
  CHECK(run(from(v) | skip(30) | first()) == std::nullopt);
  std::vector<int> seen;
  CHECK(run(from(v) | filter(odd) | for_each([&](int x) { seen.push_back(x); })) == 5);
  CHECK(seen == std::vector{1, 3, 5, 7, 9});
}

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: taken one by one, the rest of a range within the last item is not forgotten") {
  manual_runtime rt;
  int sum = 0;
  auto use = [&](int x) -> task<> {
    sum += x;
    co_return;
  };
  const auto copies = [](int x) { return std::vector<int>(3, x); };
  rt.block_on(from(std::views::iota(1)) | take(2) | flat_map(copies) | for_each(par{1}, use));
  CHECK(sum == 3 * (1 + 2));
  rt.block_on(from(numbers(3)) | flat_map(copies) | flat_map(copies) | for_each(par{2}, use));
  CHECK(sum == 9 + 9 * (0 + 1 + 2));
}

TEST_CASE_FIXTURE(no_frames_left, "stream: window{n} slides, and has nothing to say about fewer than n items") {
  const auto sum = [](const std::deque<int>& last) { return std::accumulate(last.begin(), last.end(), 0); };
  CHECK(run(from(numbers(5)) | window{3} | map(sum) | collect(9)) == std::vector{3, 6, 9});
  CHECK(run(from(numbers(2)) | window{3} | map(sum) | collect(9)).empty());
  CHECK_THROWS_AS(window{0}, std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "stream: a range is read lazily: 10 of a million items, 10 calls [row 26]") {
  int calls = 0;
  const auto f = [&](int x) { return ++calls, x; };
  CHECK(run(from(std::views::iota(0, 1'000'000)) | map(f) | take(10) | collect(10)).size() == 10);
  CHECK(calls == 10);
}

TEST_CASE_FIXTURE(no_frames_left, "stream: elements of a container it owns are moved, of one it reads are left alone") {
  std::vector<std::unique_ptr<int>> owned;
  owned.push_back(std::make_unique<int>(7));
  const auto out = run(from(std::move(owned)) | collect(1));
  CHECK(*out.at(0) == 7);
  std::vector<std::string> read{"a long string that does not fit into itself"};
  CHECK(run(from(read) | collect(1)) == read);
  CHECK(read[0].size() > 30);
  std::list<int> list{1, 2, 3};
  CHECK(run(from(std::move(list)) | collect(3)) == std::vector{1, 2, 3});
}

TEST_CASE_FIXTURE(no_frames_left, "stream: collect(1000) of 1001 items is too_many, and 1001 are read [row 6]") {
  int read = 0;
  const auto count = [&](int x) { return ++read, x; };
  CHECK_THROWS_WITH_AS(run(from(std::views::iota(0, 1'000'000)) | map(count) | collect(1000)),
                       "weir::collect: more than 1000 items", too_many);
  CHECK(read == 1001);
  CHECK(run(from(numbers(1000)) | collect(1000)).size() == 1000);
}

TEST_CASE_FIXTURE(no_frames_left, "stream: unfold calls for one item at a time, when it is wanted") {
  manual_runtime rt;
  int fetched = 0, used = 0, ahead = 0;
  auto pages = [&]() -> task<std::optional<int>> {
    co_await sleep_for(5ms);
    if (fetched == 20) co_return std::nullopt;
    ahead = std::max(ahead, fetched + 1 - used);
    co_return fetched++;
  };
  auto use = [&](int) -> task<> {
    co_await sleep_for(5ms);
    ++used;
  };
  CHECK(rt.block_on(unfold(pages) | for_each(par{1}, use)) == 20);
  CHECK(elapsed(rt) == 20 * 10 + 5);
  CHECK(ahead == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "stream: generate runs its loop only while an item is wanted [row 27]") {
  manual_runtime rt;
  int begun = 0;
  std::vector<int> resident;
  auto pages = generate<std::string>([&](emitter<std::string>& out) -> task<> {
    for (int i = 0; i < 50; ++i) {
      ++begun;
      co_await sleep_for(1ms);
      co_await out(std::string(1 << 20, 'x'));
    }
  });
  int used = 0;
  auto use = [&](const std::string&) -> task<> {
    resident.push_back(begun - used);
    co_await sleep_for(10ms);  // the next fetch has not begun
    CHECK(begun == used + 1);
    ++used;
  };
  CHECK(rt.block_on(std::move(pages) | for_each(par{1}, use)) == 50);
  CHECK(elapsed(rt) == 50 * 11);
  CHECK(std::ranges::all_of(resident, [](int r) { return r == 1; }));
}

TEST_CASE_FIXTURE(no_frames_left, "stream: a stream that ends early stops the loop of generate where it stands") {
  manual_runtime rt;
  bool stopped = false;
  auto endless = generate<int>([&](emitter<int>& out) -> task<> {
    try {
      for (int i = 0;; ++i) co_await out(i);
    } catch (const operation_cancelled&) {
      stopped = true;
      throw;
    }
  });
  CHECK(rt.block_on(std::move(endless) | take(3) | collect(3)) == std::vector{0, 1, 2});
  CHECK(stopped);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: an item of generate whose next() timed out is the next one's, and the only one") {
  manual_runtime rt;
  int begun = 0;
  auto pages = generate<int>([&](emitter<int>& out) -> task<> {
    for (int i = 0; i < 3; ++i) {
      ++begun;
      co_await sleep_for(10ms);
      co_await out(i);
    }
  });
  auto loop = [&](auto in) -> task<> {
    try {
      static_cast<void>(co_await with_timeout(3ms, in.next()));
      FAIL("no timeout");
    } catch (const operation_timed_out&) {
    }
    co_await sleep_for(20ms);
    CHECK(co_await in.next() == 0);
    co_await sleep_for(20ms);
    CHECK(begun == 1);
    CHECK(co_await in.next() == 1);
    CHECK(co_await in.next() == 2);
    CHECK_FALSE(co_await in.next());
    CHECK_FALSE(co_await in.next());
  };
  rt.block_on(with_stream(std::move(pages), loop));
  CHECK(begun == 3);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: a channel is a source until it is closed, and throws what it was closed with") {
  manual_runtime rt;
  channel<int> ch{4};
  auto body = [&]() -> task<> {
    for (int i = 0; i < 3; ++i) co_await ch.send(int{i});
    ch.close(std::make_exception_ptr(std::runtime_error{"the end"}));
    std::vector<int> seen;
    try {
      co_await (from(ch) | for_each([&](int x) { seen.push_back(x); }));
      FAIL("no error");
    } catch (const std::runtime_error&) {
    }
    CHECK(seen == std::vector{0, 1, 2});
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: to(channel) waits for room; to(end) closes it, with the failure if there was one") {
  manual_runtime rt;
  auto body = [&]() -> task<> {
    auto [in, out] = make_channel<int>(2);
    auto fails = [](int x) { return x < 3 ? x : throw std::runtime_error{"three"}; };
    auto feeding = [&](task_group& g) -> task<> {
      co_await g.spawn(from(std::views::iota(0, 10)) | map(fails) | to(std::move(in)));
      std::vector<int> got;
      try {
        while (const auto x = co_await out.receive()) got.push_back(*x);
        FAIL("no error");
      } catch (const std::runtime_error& e) {
        CHECK(std::string{e.what()} == "three");
      }
      CHECK(got == std::vector{0, 1, 2});
    };
    try {
      co_await with_group({.limit = par{1}, .on_failure = failure_policy::keep_going}, std::ref(feeding));
    } catch (const std::runtime_error&) {
    }
    channel<int> ch{100};
    const std::size_t n = co_await (from(std::views::iota(0, 10)) | to(ch));
    CHECK(n == 10);
    CHECK(ch.size() == 10);
    CHECK_FALSE(ch.closed());
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: with_stream is a loop of one's own; nothing is fetched before next() [row 1]") {
  manual_runtime rt;
  gauge g;
  auto fetch = [&](int x) { return call(g, 50ms, x); };
  auto loop = [&](auto in) -> task<int> {
    int sum = 0;
    CHECK(g.started == 0);
    while (const auto x = co_await in.next()) sum += *x;
    co_return sum;
  };
  CHECK(rt.block_on(with_stream(from(std::views::iota(0, 8)) | map_async(fetch, par{1}, ordered, window{1}), loop)) ==
        28);
  CHECK(elapsed(rt) == 400);
  CHECK(g.peak == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "stream: zip pairs, and ends with the shorter one") {
  CHECK(run(zip(from(numbers(3)), from(numbers(9))) | map([](std::pair<int, int> p) { return p.first + p.second; }) |
            collect(9)) == std::vector{0, 2, 4});
  manual_runtime rt;
  gauge g;
  auto slow = [&](int x) { return call(g, 10ms, x); };
  const auto both = rt.block_on(
      zip(from(numbers(5)) | map_async(slow, par{2}), from(numbers(5)) | map_async(slow, par{2})) | collect(9));
  CHECK(both.size() == 5);
  CHECK(both[4] == std::pair{4, 4});
}

TEST_CASE_FIXTURE(no_frames_left, "stream: a long loop lets others run, and sees its stop") {
  manual_runtime rt;
  std::uint64_t seen = 0;
  auto endless = [&]() -> task<> {
    co_await (from(std::views::iota(std::uint64_t{0})) | filter([](std::uint64_t) { return false; }) |
              for_each([&](std::uint64_t) { ++seen; }));
  };
  auto body = [&]() -> task<> {
    try {
      co_await with_timeout(0ms, endless());
      FAIL("it ended");
    } catch (const operation_timed_out&) {
    }
  };
  rt.block_on(body());
  CHECK(seen == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "stream: timeout ends a silent stream, rate_limit keeps to its rate [row 43]") {
  {
    manual_runtime rt;
    auto slower = [](int x) -> task<int> {
      co_await sleep_for(std::chrono::milliseconds{10 * x});
      co_return x;
    };
    std::vector<int> seen;
    auto job =
        from(numbers(100)) | map_async(slower, par{1}) | timeout(45ms) | for_each([&](int x) { seen.push_back(x); });
    CHECK_THROWS_AS(rt.block_on(std::move(job)), operation_timed_out);
    CHECK(seen == std::vector{0, 1, 2, 3, 4});
  }
  manual_runtime rt;
  rate_limiter partner{rt, 600_hz, 30};
  CHECK(rt.block_on(from(std::views::iota(0, 40'000)) | rate_limit(partner) | for_each([](int) {})) == 40'000);
  CHECK(elapsed(rt) == 66'616);  // (40,000 - 30) / 600 s
}
