// batch: which of its bounds closes it, and that it grows no further while nobody takes it. [case 32]
#include "coro/calls.hpp"

#include <numeric>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/streams.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

using sizes = std::vector<std::size_t>;
const auto size_of = [](const auto& batch) { return batch.size(); };

/// Items that come at these milliseconds; each is its own time.
auto arrivals(std::vector<int> at) {
  return unfold([at = std::move(at), next = std::size_t{0}, now = 0]() mutable -> task<std::optional<int>> {
    if (next == at.size()) co_return std::nullopt;
    co_await sleep_for(std::chrono::milliseconds{at[next] - now});
    now = at[next];
    co_return at[next++];
  });
}

struct seen_batch {
  std::int64_t at;
  std::vector<int> items;
  friend bool operator==(const seen_batch&, const seen_batch&) = default;
};

std::vector<seen_batch> timed(std::vector<int> at, const batch_limits& limits, std::chrono::milliseconds longest,
                              std::chrono::milliseconds use = 0ms) {
  manual_runtime rt;
  std::vector<seen_batch> seen;
  auto note = [&](std::vector<int> items) -> task<> {
    seen.push_back({elapsed(rt), std::move(items)});
    co_await sleep_for(use);
  };
  rt.block_on(arrivals(std::move(at)) | batch(limits, longest) | for_each(par{1}, note));
  return seen;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "batch: by number, with the rest at the end, never an empty one") {
  manual_runtime rt;
  const auto of = [&](int n, std::size_t size) {
    return rt.block_on(from(std::views::iota(0, n)) | batch(size) | map(size_of) | collect(100));
  };
  CHECK(of(10, 4) == sizes{4, 4, 2});
  CHECK(of(8, 4) == sizes{4, 4});
  CHECK(of(3, 4) == sizes{3});
  CHECK(of(0, 4) == sizes{});
  CHECK(of(3, 1) == sizes{1, 1, 1});
  CHECK(rt.block_on(from(std::views::iota(0, 10)) | batch(4) | take(1) | map(size_of) | collect(9)) == sizes{4});
}

TEST_CASE_FIXTURE(no_frames_left, "batch: by bytes; an item that is larger than the limit is alone") {
  manual_runtime rt;
  const std::size_t empty = sizeof(std::string);
  std::vector<std::string> items;
  for (const std::size_t n : {10U, 10U, 10U, 500U, 10U, 10U, 10U}) items.emplace_back(n, 'x');
  const batch_limits limits{.items = 100, .bytes = 2 * (empty + 10)};
  CHECK(rt.block_on(from(items) | batch(limits) | map(size_of) | collect(9)) == sizes{2, 1, 1, 2, 1});
  CHECK(rt.block_on(from(items) | batch(limits, 1h) | map(size_of) | collect(9)) == sizes{2, 1, 1, 2, 1});
}

TEST_CASE("batch: impossible bounds are refused when they are written down [case 28]") {
  CHECK_THROWS_AS((void)batch(0), std::invalid_argument);
  CHECK_THROWS_AS((void)batch({.items = 1, .bytes = 0}), std::invalid_argument);
  CHECK_THROWS_AS((void)batch({.items = 1}, 0ms), std::invalid_argument);
}

TEST_CASE_FIXTURE(no_frames_left, "batch: its time begins with its first item and again after each batch") {
  using seen = std::vector<seen_batch>;
  // 5 ms after 1; after 20; the end.
  CHECK(timed({1, 3, 20, 22, 24, 30}, {.items = 10}, 5ms) == seen{{6, {1, 3}}, {25, {20, 22, 24}}, {30, {30}}});
  // Full at 3, and the time of the next one begins with its own first item.
  CHECK(timed({1, 2, 3, 6, 14}, {.items = 3}, 5ms) == seen{{3, {1, 2, 3}}, {11, {6}}, {14, {14}}});
  CHECK(timed({}, {.items = 3}, 5ms) == seen{});
}

TEST_CASE_FIXTURE(no_frames_left, "batch: while nobody takes it the open batch grows to its bounds, and no further") {
  manual_runtime rt;
  int read = 0, used = 0, ahead = 0;
  auto count = [&](int x) {
    ahead = std::max(ahead, ++read - used);
    return x;
  };
  auto slow = [&](std::vector<int> items) -> task<> {
    co_await sleep_for(100ms);
    used += static_cast<int>(items.size());
  };
  rt.block_on(from(std::views::iota(0, 100)) | map(count) | batch({.items = 10}, 1ms) | for_each(par{1}, slow));
  CHECK(used == 100);
  CHECK(ahead == 21);  // one batch in use, one open, one item on its way
}

TEST_CASE_FIXTURE(no_frames_left, "batch: a failure before it comes out, with what the batch held dropped") {
  manual_runtime rt;
  const counted one;
  auto fails = [](int x) { return x < 7 ? counted{x} : throw std::runtime_error{"seven"}; };
  for (const bool by_time : {false, true}) {
    std::size_t items = 0;
    auto note = [&](const std::vector<counted>& b) { items += b.size(); };
    if (by_time)
      CHECK_THROWS_WITH(
          rt.block_on(from(std::views::iota(0, 9)) | map(fails) | batch({.items = 3}, 1h) | for_each(note)), "seven");
    else
      CHECK_THROWS_WITH(rt.block_on(from(std::views::iota(0, 9)) | map(fails) | batch(3) | for_each(note)), "seven");
    CHECK(items <= 6);
    CHECK(counted::alive == 1);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "batch: taken one by one, the last ones too are all there") {
  manual_runtime rt;
  const std::size_t empty = sizeof(std::string);
  std::vector<std::string> items;
  for (const std::size_t n : {10U, 500U, 500U}) items.emplace_back(n, 'x');
  sizes seen;
  auto use = [&](const std::vector<std::string>& b) -> task<> {
    seen.push_back(b.size());
    co_return;
  };
  rt.block_on(from(items) | batch({.items = 100, .bytes = empty + 10}) | for_each(par{1}, use));
  CHECK(seen == sizes{1, 1, 1});
}
