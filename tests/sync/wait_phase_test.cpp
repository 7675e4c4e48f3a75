#include "sync/wait_phase.hpp"

#include <doctest/doctest.h>

#include "support/stress.hpp"

using namespace weir;
using namespace weir_test;
namespace phase = weir::sync::wait_phase;
using phase::step;

TEST_CASE("wait_phase: before it is armed neither side acts, and the starter learns of both [P1, P2]") {
  phase::word completed_first{0};
  CHECK_FALSE(phase::complete(completed_first));
  CHECK(phase::arm(completed_first, false) == step::ready);

  phase::word asked_first{0};
  CHECK_FALSE(phase::ask(asked_first));
  CHECK(phase::arm(asked_first, false) == step::interrupt);
  CHECK(phase::arm(asked_first, true) == step::suspended);  // could not be withdrawn: the completion is on its way
  CHECK(phase::complete(asked_first));

  phase::word both{0};
  CHECK_FALSE(phase::ask(both));
  CHECK_FALSE(phase::complete(both));
  CHECK(phase::arm(both, false) == step::ready);
}

TEST_CASE("wait_phase: once armed the completer resumes and the asker interrupts, unless it is completed [P1, P2]") {
  phase::word completed{0};
  CHECK(phase::arm(completed, false) == step::suspended);
  CHECK(phase::complete(completed));
  CHECK_FALSE(phase::ask(completed));

  phase::word asked{0};
  CHECK(phase::arm(asked, false) == step::suspended);
  CHECK(phase::ask(asked));
  CHECK(phase::complete(asked));  // it was not withdrawn in time
}

TEST_CASE("wait_phase: arming against asking: exactly one of them carries the interruption out [P2]") {
  phase::word word{0};
  step armed{};
  bool asker = false;
  int bad = 0;
  stress::race(
      stress::rounds(20'000), [&](int) { word = 0; },
      [&](int) {
        if ((armed == step::interrupt) == asker) ++bad;
      },
      [&](int) { armed = phase::arm(word, false); }, [&](int) { asker = phase::ask(word); });
  CHECK(bad == 0);
}
