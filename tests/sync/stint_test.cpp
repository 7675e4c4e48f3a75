#include "sync/stint.hpp"

#include <doctest/doctest.h>

#include "support/stress.hpp"

namespace {

struct work {
  long base = 0;  ///< what its stint has
};
using stint = weir::sync::stint<const work, long>;

}  // namespace

TEST_CASE("stint: says what is worked on and from where its children lie, and puts back what it was before") {
  const work outer, inner;
  stint s;
  CHECK_FALSE(s.is(outer));
  s.runs(&outer, 3);
  CHECK(s.is(outer));
  CHECK(s.base() == 3);
  const work* const before = s.now();
  const long from = s.base_now();
  s.runs(&inner, 5);
  CHECK_FALSE(s.is(outer));
  CHECK(s.is(inner));
  CHECK(s.base() == 5);
  s.runs(before, from);
  CHECK(s.is(outer));
  CHECK(s.base() == 3);
}

TEST_CASE("stint: a base that is read while one thing is worked on is that one's or a later one's [G1, J1 J2]") {
  const work first{.base = 1}, second{.base = 2};
  stint s;
  long read = 0;
  bool was_second = false;
  weir_test::stress::race(
      weir_test::stress::rounds(20'000),
      [&](int) {
        s.runs(&first, first.base);
        read = 0;
      },
      [&](int) { REQUIRE((!was_second || read == second.base)); }, [&](int) { s.runs(&second, second.base); },
      [&](int) {
        was_second = s.is(second);
        read = s.base();
      });
}
