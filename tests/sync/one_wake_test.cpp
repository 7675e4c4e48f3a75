#include "sync/one_wake.hpp"

#include <memory>

#include <doctest/doctest.h>

#include "support/stress.hpp"

namespace one_wake = weir::sync::one_wake;

TEST_CASE("one_wake: a wake-up that came first ends every sleep, a limit ends it without one [O1 O3]") {
  one_wake::word w{one_wake::asleep};
  CHECK_FALSE(one_wake::is_woken(w));
  CHECK_FALSE(one_wake::sleep(w, 0));
  one_wake::wake(w);
  CHECK(one_wake::is_woken(w));
  CHECK(one_wake::sleep(w, -1));
  CHECK(one_wake::sleep(w, 0));
}

TEST_CASE("one_wake: the sleeper is woken, sees what was done before, and may end its word at once [O1 O2]") {
  struct place {
    one_wake::word word{one_wake::asleep};
    int handed = 0;  // plain: the wake-up must publish it
  };
  std::unique_ptr<place> here;
  place* seen = nullptr;
  int got = 0;
  weir_test::stress::race(
      weir_test::stress::rounds(20'000),
      [&](int) {
        here = std::make_unique<place>();
        seen = here.get();
      },
      [&](int i) { REQUIRE(got == i + 1); },
      [&](int i) {
        seen->handed = i + 1;
        one_wake::wake(seen->word);
      },
      [&](int) {
        while (!one_wake::sleep(here->word, -1)) {
        }
        got = here->handed;
        here.reset();
      });
}
