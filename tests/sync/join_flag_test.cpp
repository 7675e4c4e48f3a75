#include "sync/join_flag.hpp"

#include <memory>

#include <doctest/doctest.h>

#include "support/stress.hpp"

namespace flag = weir::sync::join_flag;
namespace stress = weir_test::stress;

TEST_CASE("join_flag: an end that came first is not waited for") {
  flag::word w{flag::open};
  CHECK_FALSE(flag::is_done(w));
  flag::finish(w);
  CHECK(flag::is_done(w));
  flag::wait(w);
}

TEST_CASE("join_flag: the waiter gets the result and may end the flag at once") {
  struct child {
    flag::word end{flag::open};
    int result = 0;
  };
  child* shared = nullptr;
  stress::race(
      stress::rounds(10'000), [&](int) { shared = new child; }, [](int) {},
      [&](int round) {
        child* const c = shared;
        c->result = round;
        flag::finish(c->end);
      },
      [&](int round) {
        const std::unique_ptr<child> mine{shared};
        flag::wait(mine->end);
        if (mine->result != round) FAIL("the result is not there");
      });
}
