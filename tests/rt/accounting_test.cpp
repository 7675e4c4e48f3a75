// What costs nothing after warm-up.
#include <weir/detail/pool.hpp>
#include <weir/runtime.hpp>

#include <atomic>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "support/alloc_count.hpp"
#include "support/self.hpp"

using namespace weir_test;

namespace {

constexpr int batch = 2000;

template <class Work>
std::uint64_t allocations_after_warm_up(balanced_runtime& rt, Work&& work) {
  std::uint64_t least = ~std::uint64_t{0};
  for (int i = 0; i < 40; ++i) {  // TBB's own tables settle within a few rounds; weir's share must reach none
    const auto counted = support::allocations_during([&] {
      work();
      rt->wait_idle();
    });
    least = std::min(least, counted.total() - counted.tbb);
  }
  return least;
}

}  // namespace

TEST_CASE("accounting: after warm-up post, submit and post_bulk allocate nothing [D12]") {
  if (!support::allocations_counted() || !weir::detail::pool_stats().pooling) return;
  balanced_runtime rt{2};
  std::atomic<int> ran{0};
  CHECK(allocations_after_warm_up(rt, [&] {
          for (int i = 0; i < batch; ++i) rt.cpu().post([&] { ++ran; });
        }) == 0);
  CHECK(allocations_after_warm_up(rt, [&] {
          for (int i = 0; i < batch; ++i) CHECK(rt.cpu().submit([i] { return i; }).get() == i);
        }) == 0);
  CHECK(allocations_after_warm_up(rt, [&] { rt.cpu().post_bulk(batch, [&](std::size_t) { ++ran; }); }) == 0);
}

TEST_CASE("accounting control: without pools every post allocates" * doctest::skip()) {
  balanced_runtime rt{2};
  std::atomic<int> ran{0};
  CHECK(allocations_after_warm_up(rt, [&] {
          for (int i = 0; i < batch; ++i) rt.cpu().post([&] { ++ran; });
        }) >= batch);
}

TEST_CASE("accounting: the allocation counter sees what the pool saves (positive control)") {
  if (!support::allocations_counted()) return;
  CHECK(support::run_self("WEIR_POOL=off", "accounting control*") == 0);
}
