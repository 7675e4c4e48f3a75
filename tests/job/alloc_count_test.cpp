#include "support/alloc_count.hpp"

#include <oneapi/tbb/cache_aligned_allocator.h>

#include <cstdlib>
#include <new>
#include <string_view>

#include <weir/detail/pool.hpp>

#include <doctest/doctest.h>

using support::allocations_during;

TEST_CASE("alloc_count: every counter counts what it is named for, and nothing else runs by itself [control]") {
  if (!support::allocations_counted()) return;
  CHECK(allocations_during([] {}).total() == 0);
  CHECK(allocations_during([] { ::operator delete(::operator new(64)); }).operator_new == 1);
  CHECK(allocations_during([] { ::operator delete[](::operator new[](64, std::nothrow)); }).operator_new == 1);
  void* volatile block = nullptr;
  CHECK(allocations_during([&] { block = std::malloc(64); }).malloc_family == 1);
  CHECK(allocations_during([&] { block = std::realloc(block, 6400); }).malloc_family == 1);
  std::free(block);
  CHECK(allocations_during([] {
          tbb::cache_aligned_allocator<int> from;
          from.deallocate(from.allocate(100), 100);
        }).tbb == 1);
  const auto large = allocations_during([] { weir::detail::pool_release(weir::detail::pool_allocate(5000), 5000); });
  if (std::string_view{weir::detail::pool_stats().upstream} == "mimalloc") CHECK(large.mimalloc == 1);
  CHECK(large.total() >= 1);
}
