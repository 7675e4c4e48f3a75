#include "sync/seat.hpp"

#include <doctest/doctest.h>

#include "support/stress.hpp"

TEST_CASE("seat: is held by one at a time, and free again when that one leaves [H1]") {
  weir::sync::seat s;
  CHECK_FALSE(s.taken());
  CHECK(s.try_take());
  CHECK(s.taken());
  CHECK_FALSE(s.try_take());
  s.leave();
  CHECK(s.try_take());
}

TEST_CASE("seat: of threads that want it one has it, and sees all that the one before did there [H1 H2]") {
  weir::sync::seat s;
  int done = 0;  // plain: handed from one holder to the next
  const auto sit = [&](int) {
    while (!s.try_take()) weir::sync::pause();
    ++done;
    s.leave();
  };
  weir_test::stress::race(
      weir_test::stress::rounds(20'000), [&](int) { done = 0; }, [&](int) { REQUIRE(done == 3); }, sit, sit, sit);
}
