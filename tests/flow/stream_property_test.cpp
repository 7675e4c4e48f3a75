// Random pipelines under many seeds: what goes in comes out, or is counted where it was left; bounds hold throughout.
#include "coro/calls.hpp"

#include <algorithm>
#include <random>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

#include <weir/streams.hpp>
#include <weir/testing/for_each_seed.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

/// Where each item of a run is. Every item is in exactly one place.
struct ledger {
  int in = 0, out = 0, failed = 0, filtered = 0;
  int calls = 0, most_calls = 0, resident_bound = 0;
  void check() const {
    REQUIRE(in >= out + failed + filtered);
    REQUIRE(in - out - failed - filtered <= resident_bound);
  }
};

struct world {
  std::minstd_rand random;
  ledger books;
  int items, c, c2, window_size, ahead, batch_size, fail_every, take_n;
  bool by_order, timed;

  explicit world(std::uint32_t seed) : random{seed} {
    const auto pick = [&](int low, int high) {
      return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
    };
    items = pick(0, 60), c = pick(1, 8), c2 = pick(1, 4);
    window_size = c + pick(0, 8), ahead = pick(1, 6), batch_size = pick(1, 5);
    fail_every = pick(0, 2) == 0 ? 0 : pick(2, 9);
    take_n = pick(0, 3) == 0 ? pick(0, 30) : 1000;
    by_order = pick(0, 1) != 0, timed = pick(0, 1) != 0;
    // window, read_ahead, the open batch, the batch in the consumer's hands, the sink's calls, one on its way per
    // driver
    books.resident_bound = window_size + ahead + 2 * batch_size + c2 + 3;
  }
  std::chrono::milliseconds some_time() { return std::chrono::milliseconds{random() % 8}; }
};

struct under_way {
  explicit under_way(ledger& b) : books{b} { books.most_calls = std::max(books.most_calls, ++books.calls); }
  under_way(const under_way&) = delete;
  under_way& operator=(const under_way&) = delete;
  ~under_way() { --books.calls; }
  ledger& books;
};

task<> run(world& w) {
  auto enter = [&](int x) {
    ++w.books.in;
    w.books.check();
    return counted{x};
  };
  auto call = [&](const counted& x) -> task<counted> {
    const under_way mine{w.books};
    co_await sleep_for(w.some_time());
    if (w.fail_every != 0 && x.value % w.fail_every == 1) throw std::runtime_error{"a bad one"};
    co_return x;
  };
  auto keep = [&](const counted& x) { return x.value % 5 != 4 || (++w.books.filtered, false); };
  auto note = [&](const std::exception_ptr&) { ++w.books.failed; };
  std::vector<int> seen;
  auto use = [&](const counted& x) -> task<> {
    seen.push_back(x.value);
    co_await sleep_for(w.some_time());
    ++w.books.out;
    w.books.check();
  };
  const auto flat = [](std::vector<counted> b) { return b; };
  const batch_limits limits{.items = static_cast<std::size_t>(w.batch_size)};
  const order by = w.by_order ? ordered : unordered;
  auto called = from(std::views::iota(0, w.items)) | map(enter) |
                map_async(settled(call), par{static_cast<std::size_t>(w.c)}, by,
                          window{static_cast<std::size_t>(w.window_size)}) |
                skip_errors(note) | filter(keep) | read_ahead(static_cast<std::size_t>(w.ahead));
  const auto n = static_cast<std::size_t>(w.take_n);
  const par sinks{static_cast<std::size_t>(w.c2)};
  std::size_t done = 0;
  if (w.timed) {
    auto job = std::move(called) | batch(limits, 4ms) | flat_map(flat) | take(n) | for_each(sinks, use);
    done = co_await std::move(job);
  } else {
    auto job = std::move(called) | batch(limits) | flat_map(flat) | take(n) | for_each(sinks, use);
    done = co_await std::move(job);
  }
  REQUIRE(done == seen.size());
  REQUIRE(static_cast<int>(done) == w.books.out);
  REQUIRE(w.books.most_calls <= w.c);
  REQUIRE(w.books.calls == 0);
  if (w.take_n == 1000) REQUIRE(w.books.in == w.books.out + w.books.failed + w.books.filtered);
  if (w.by_order && w.c2 == 1) REQUIRE(std::ranges::is_sorted(seen));
  std::ranges::sort(seen);
  REQUIRE(std::ranges::adjacent_find(seen) == seen.end());
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: 2000 random pipelines lose nothing, keep their order and their bounds, leave nothing") {
  for (std::uint32_t seed = 1; seed <= 2000; ++seed)  // of the world as of the schedule
    testing::for_each_seed(1,
                           [seed](manual_runtime& rt) {
                             world w{seed};
                             rt.block_on(run(w));
                             REQUIRE(counted::alive == 0);
                           },
                           {.first = seed});
}
