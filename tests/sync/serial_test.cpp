#include "sync/serial.hpp"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "support/stress.hpp"

using weir::sync::serial;
namespace stress = weir_test::stress;

TEST_CASE("serial: who adds to nothing starts, who ends the last stops") {
  serial s;
  CHECK(s.add(2));
  CHECK_FALSE(s.add(1));
  CHECK_FALSE(s.done(1));
  CHECK_FALSE(s.done(0));  // found nothing yet: goes on
  CHECK(s.size() == 2);
  CHECK(s.done(2));
  CHECK(s.add(1));
}

TEST_CASE("serial: at most one runs and nothing stays behind") {
  serial s;
  std::atomic<int> put{0};
  int ran = 0;  // under ThreadSanitizer: races if two run at once
  const auto post = [&](int) {
    const bool first = s.add(1);
    put.fetch_add(1);
    if (!first) return;
    for (;;) {
      const int n = put.exchange(0);
      ran += n;
      if (s.done(static_cast<std::uint32_t>(n))) return;
      if (n == 0) std::this_thread::yield();
    }
  };
  stress::race(
      stress::rounds(10'000), [&](int) { ran = 0; },
      [&](int) {
        CHECK(ran == 3);
        CHECK(s.size() == 0);
      },
      post, post, post);
}
