// What the user's types do while a stage hands them over: they look around, wait, throw. No lock is held
// meanwhile.
#include "coro/calls.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <weir/observe.hpp>
#include <weir/runtime.hpp>
#include <weir/streams.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

/// Looks at everything that is listed, and so takes every lock of every stage, whenever it is moved or
/// measured.
struct onlooker {
  int value = 0;
  explicit onlooker(int v) noexcept : value{v} {}
  onlooker(onlooker&& other) : value{other.value} { static_cast<void>(observe()); }  // NOLINT(*-noexcept-move*)
  onlooker& operator=(onlooker&& other) {                                            // NOLINT(*-noexcept-move*)
    value = other.value;
    static_cast<void>(observe());
    return *this;
  }
  friend std::size_t item_bytes(const onlooker& /*item*/) {
    static_cast<void>(observe());
    return 1;
  }
};

struct bad_move : std::runtime_error {
  using runtime_error::runtime_error;
};

/// Its n-th move from now throws.
struct fragile {
  static inline int moves_left = 0;
  static inline int alive = 0;
  int value = 0;
  explicit fragile(int v) noexcept : value{v} { ++alive; }
  fragile(fragile&& other) : value{other.value} {  // NOLINT(*-noexcept-move*)
    if (--moves_left == 0) throw bad_move{"move"};
    ++alive;
  }
  fragile& operator=(fragile&& other) {  // NOLINT(*-noexcept-move*)
    if (--moves_left == 0) throw bad_move{"move"};
    value = other.value;
    return *this;
  }
  ~fragile() { --alive; }
};

struct key {
  int id;
  bool operator==(const key&) const = default;
};

std::function<void(int)> on_hash;

auto numbers(int n) { return std::views::iota(0, n); }

}  // namespace

template <>
struct std::hash<key> {
  std::size_t operator()(const key& k) const {
    if (on_hash) on_hash(k.id);
    return static_cast<std::size_t>(k.id);
  }
};

TEST_CASE_FIXTURE(no_frames_left,
                  "map_async, partition_by and batch: a move that looks at all stages finds no lock held") {
  manual_runtime rt;
  auto make = [](int n) { return onlooker{n}; };
  auto later = [](onlooker x) -> task<onlooker> {
    co_await sleep_for(std::chrono::milliseconds{x.value % 3});
    co_return onlooker{x.value};
  };
  auto third = [](const onlooker& x) { return x.value % 3; };
  int seen = 0;
  auto count = [&](const std::vector<onlooker>& b) { seen += static_cast<int>(b.size()); };
  for (const order by : {ordered, unordered})
    rt.block_on(from(numbers(20)) | map(make) | map_async(later, par{4}, by) | batch({.items = 3, .bytes = 2}, 1ms) |
                for_each(count));
  rt.block_on(from(numbers(20)) | map(make) | partition_by(third, later, par{4}) | batch(3) | for_each(count));
  CHECK(seen == 60);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "map_async, partition_by and batch: whichever move throws, it comes out, and nothing is left") {
  auto make = [](int n) { return fragile{n}; };
  auto later = [](const fragile& x) -> task<fragile> {
    co_await sleep_for(std::chrono::milliseconds{x.value % 3});
    co_return fragile{x.value};
  };
  auto third = [](const fragile& x) { return x.value % 3; };
  std::size_t seen = 0;
  auto count = [&](const std::vector<fragile>& b) { seen += b.size(); };
  const auto run = [&](int shape) {
    manual_runtime rt;
    if (shape == 2)
      return rt.block_on(from(numbers(6)) | map(make) | partition_by(third, later, par{2}) | batch(2) |
                         for_each(count));
    return rt.block_on(from(numbers(6)) | map(make) | map_async(later, par{2}, shape == 0 ? ordered : unordered) |
                       batch({.items = 2}, 1ms) | for_each(count));
  };
  for (const int shape : {0, 1, 2}) {
    int thrown = 0;
    for (int nth = 1; nth < 400; ++nth) {
      seen = 0;
      fragile::moves_left = nth;
      try {
        static_cast<void>(run(shape));
        CHECK(seen == 6);
      } catch (const bad_move&) {
        ++thrown;
      }
      REQUIRE(fragile::alive == 0);
      if (fragile::moves_left > 0) break;  // no move was the nth
    }
    CHECK(thrown >= 30);
    CHECK(fragile::moves_left > 0);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "partition_by: a hash that throws fails the stream; keys come and go") {
  manual_runtime rt;
  auto of = [](int n) { return key{n % 7}; };
  auto later = [](int n) -> task<int> {
    co_await sleep_for(std::chrono::milliseconds{n % 3});
    co_return n;
  };
  for (int nth = 1; nth < 200; ++nth) {
    int calls = 0;
    on_hash = [&](int) {
      if (++calls == nth) throw std::runtime_error{"hash"};
    };
    bool threw = false;
    try {
      std::vector<int> all = rt.block_on(from(numbers(40)) | partition_by(of, later, par{3}) | collect(100));
      std::ranges::sort(all);
      CHECK(std::ranges::equal(all, numbers(40)));
    } catch (const std::runtime_error&) {
      threw = true;
    }
    REQUIRE(threw == (calls >= nth));
  }
  on_hash = nullptr;
}

TEST_CASE_FIXTURE(no_frames_left, "partition_by: a hash that takes its time does not hold up the calls of other keys") {
  runtime rt{{.threads = 2}};
  std::atomic<int> of_one{0};
  bool went_on = false;
  on_hash = [&](int id) {
    if (id != 2 || went_on) return;
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (of_one.load() < 3 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    went_on = of_one.load() == 3;
  };
  auto of = [](int id) { return key{id}; };
  auto use = [&](int id) -> task<> {
    if (id == 1) ++of_one;
    co_await checkpoint();
  };
  const std::vector<int> ids{1, 1, 1, 2};
  rt.block_on(from(ids) | partition_by(of, use, par{2}, window{4}) | for_each([](unit) {}));
  CHECK(went_on);
  on_hash = nullptr;
}
