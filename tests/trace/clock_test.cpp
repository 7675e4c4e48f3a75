#include "trace/clock.hpp"

#include <doctest/doctest.h>

using weir::tracing::ns_since;
using weir::tracing::sync_point;

TEST_CASE("clock: ticks between two sync points are interpolated exactly") {
  const sync_point begin{1'000, 50, 0, 0};
  const sync_point end{4'000, 1'050, 0, 0};
  CHECK(ns_since(begin, end, 1'000) == 0);
  CHECK(ns_since(begin, end, 2'500) == 500);
  CHECK(ns_since(begin, end, 4'000) == 1'000);
  CHECK(ns_since(begin, end, 7'000) == 2'000);
  CHECK(ns_since(begin, end, 10) == 0);
}

TEST_CASE("clock: years of ticks do not overflow, empty recordings do not divide by zero") {
  const std::uint64_t year_ns = 365ULL * 24 * 3600 * 1'000'000'000ULL;
  const sync_point begin{5, 5, 0, 0};
  const sync_point end{5 + year_ns * 3, 5 + year_ns, 0, 0};
  CHECK(ns_since(begin, end, 5 + year_ns * 3 / 2) == year_ns / 2);
  CHECK(ns_since(begin, begin, 100) == 0);
}

TEST_CASE("clock: ticks and the monotonic clock go on together") {
  weir::tracing::choose_clock();
  const sync_point begin = weir::tracing::sync_clocks();
  while (weir::tracing::monotonic_ns() < begin.monotonic + 2'000'000) {
  }
  const std::uint64_t middle = weir::tracing::ticks();
  const sync_point end = weir::tracing::sync_clocks();
  CHECK(end.ticks >= middle);
  CHECK(middle > begin.ticks);
  CHECK(ns_since(begin, end, end.ticks) == end.monotonic - begin.monotonic);
  CHECK(end.boottime > begin.boottime);
}
