#include "sync/lane.hpp"

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/stress.hpp"

namespace {

using weir::sync::lane;
using refused = lane<>::refused;
using weir::sync::tally;

std::uint64_t outstanding(const tally& taken, const tally& pushed) {
  return weir::sync::outstanding([&] { return taken.read(); }, [&] { return pushed.read(); });
}

}  // namespace

TEST_CASE("lane: a full lane, and one without memory for its queue, change nothing [L1 L3]") {
  lane<> high{2, true};
  tally pushed, taken;
  CHECK_FALSE(high.may_hold());
  const auto denied = high.put(pushed, 1, [](std::size_t) { return false; });
  CHECK(denied.n == 0);
  CHECK(denied.why == refused::no_memory);
  CHECK_FALSE(high.may_hold());
  CHECK(high.gate().in_use() == 0);
  CHECK(high.put(pushed, 5, [](std::size_t n) { return n == 2; }).n == 2);
  CHECK(high.put(pushed, 1, [](std::size_t) { return true; }).why == refused::full);
  CHECK(high.may_hold());
  CHECK(outstanding(taken, pushed) == 2);
  CHECK(high.take(taken, [] { return std::size_t{0}; }) == 0);  // the queue said "empty"
  CHECK(high.may_hold());
  CHECK(high.take(taken, [] { return std::size_t{2}; }) == 2);
  CHECK_FALSE(high.may_hold());
  CHECK(outstanding(taken, pushed) == 0);
  CHECK(high.gate().in_use() == 2);  // until the jobs have run
}

TEST_CASE("lane: two workers that only ask a lane that shows something take every item [L2]") {
  const int rounds = weir_test::stress::rounds(10'000);
  lane<> high{4, true};
  std::atomic<int> queue{0};
  std::array<tally, 2> taken;
  tally pushed;
  std::atomic<bool> over{false};
  const auto look = [&](tally& mine) {
    if (!high.may_hold()) return;
    const std::size_t n = high.take(mine, [&]() -> std::size_t {
      int items = queue.load(std::memory_order_relaxed);
      while (items > 0 && !queue.compare_exchange_weak(items, items - 1)) {
      }
      return items > 0 ? 1 : 0;
    });
    if (n != 0) (void)high.gate().give(n);
  };
  std::vector<std::thread> workers;
  for (tally& mine : taken)
    workers.emplace_back([&] {
      for (; !over; std::this_thread::yield()) look(mine);
    });
  // One at a time, and the next only when it was taken: with a job hidden this never ends.
  for (int i = 0; i < rounds; ++i) {
    while (high.put(pushed, 1, [&](std::size_t) { return ++queue, true; }).n == 0) std::this_thread::yield();
    while (weir::sync::total(taken) != pushed.read()) std::this_thread::yield();
  }
  over = true;
  for (std::thread& t : workers) t.join();
  CHECK_FALSE(high.may_hold());
}
