#include "cpu/patience.hpp"

#include <doctest/doctest.h>

using weir::cpu::patience;

namespace {

// How many looks there are until the worker gives up, and whether the last one included the others' jobs.
struct looks {
  unsigned all = 0;
  bool last_was_full = false;
};

looks until_given_up(patience& p) {
  looks l;
  do {
    ++l.all;
    l.last_was_full = p.steals_jobs();
  } while (p.look_again());
  return l;
}

}  // namespace

TEST_CASE("patience: nobody gives up without a look at the others' jobs, however short the limit") {
  patience none{std::chrono::nanoseconds{0}};
  const looks at_once = until_given_up(none);
  CHECK(at_once.last_was_full);
  CHECK(at_once.all == 3);  // the first, the one that finds the time over, the full one

  patience some{std::chrono::microseconds{200}};
  CHECK(until_given_up(some).last_was_full);
}

TEST_CASE("patience: what is found starts it over") {
  patience p{std::chrono::nanoseconds{0}};
  CHECK(p.fresh());
  CHECK(p.look_again());
  CHECK(!p.fresh());
  p.reset();
  CHECK(p.fresh());
  CHECK(!p.steals_jobs());
  CHECK(until_given_up(p).all == 3);
}
