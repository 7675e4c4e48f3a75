#include <weir/detail/pool.hpp>

#include <doctest/doctest.h>

TEST_CASE("pool: smoke") {
  void* a = weir::detail::pool_allocate(100);
  weir::detail::pool_release(a, 100);
  CHECK(weir::detail::pool_allocate(100) == a);
  weir::detail::pool_release(a, 100);
}
