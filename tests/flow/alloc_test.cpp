// Waiting allocates nothing: the waiters live in the frames of those who wait.
#include "coro/fixture.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ranges>
#include <vector>

#include <weir/channel.hpp>
#include <weir/limiter.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/streams.hpp>

#include "support/alloc_count.hpp"

using namespace weir;
using coro_test::no_frames_left;

TEST_CASE_FIXTURE(no_frames_left, "alloc: 20,000 waits on channels and limiters allocate nothing per wait") {
  if (!support::allocations_counted()) return;
  runtime rt{{.threads = 2}};
  channel<int> there{1}, back{0};
  limiter lim{1};
  auto answer = [&]() -> task<> {
    while (const auto v = co_await there.receive()) {
      const permit p = co_await lim.acquire();
      co_await back.send(*v);
    }
  };
  auto ask = [&](int n) -> task<int> {
    int sum = 0;
    for (int i = 0; i < n; ++i) {
      co_await there.send(1);
      sum += *co_await back.receive();
    }
    co_return sum;
  };
  auto answering = spawn(rt, answer());
  CHECK(rt.block_on(ask(1'000)) == 1'000);  // warms up the pools
  const auto used = support::allocations_during([&] { CHECK(rt.block_on(ask(10'000)) == 10'000); });
  CHECK(used.total() - used.tbb == 0);  // oneTBB makes a task for each worker that wakes up: not a wait's doing
  there.close();
  answering.get();
}

TEST_CASE_FIXTURE(no_frames_left,
                  "alloc: a million items through batch(500) | for_each(par{8}): one vector a batch [row 8]") {
  if (!support::allocations_counted()) return;
  runtime rt{{.threads = 2}};
  std::atomic<std::size_t> items{0};
  auto insert = [&](const std::vector<int>& rows) -> task<> {
    items += rows.size();
    co_return;
  };
  const auto pass = [&](int n) {
    return rt.block_on(from(std::views::iota(0, n)) | batch(500) | for_each(par{8}, insert));
  };
  std::size_t least = SIZE_MAX;
  for (int i = 0; i < 5; ++i) {  // the pools grow when more lanes run at once than in any pass before
    const auto used = support::allocations_during([&] { CHECK(pass(1'000'000) == 2'000); });
    least = std::min<std::size_t>(least, used.total() - used.tbb);
  }
  CHECK(items == 5'000'000);
  CHECK(least <= 2'000 + 2);
}
