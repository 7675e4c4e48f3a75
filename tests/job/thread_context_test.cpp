#include <weir/detail/thread_context.hpp>

#include <doctest/doctest.h>

TEST_CASE("thread_context: a thread that weir does not hold is outside") {
  CHECK(weir::detail::this_thread_context().role == weir::detail::thread_role::outside);
}
