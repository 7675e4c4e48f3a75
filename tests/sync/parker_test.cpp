#include "sync/parker.hpp"

#include <atomic>
#include <memory>
#include <thread>

#include <doctest/doctest.h>

#include "support/stress.hpp"

using weir::sync::parker;

TEST_CASE("parker: a notification that came first ends the next wait at once, and only that one [I1 I2]") {
  parker p;
  CHECK_FALSE(p.unpark());
  CHECK_FALSE(p.unpark());
  p.park();
  CHECK_FALSE(p.park_for(0));
  CHECK_FALSE(p.parked());
}

TEST_CASE("parker: cancel says whether a notification was consumed") {
  parker p;
  REQUIRE(p.prepare());
  CHECK(p.parked());
  CHECK_FALSE(p.cancel());
  REQUIRE(p.prepare());
  CHECK(p.unpark());
  CHECK(p.cancel());
  REQUIRE(p.prepare());
  CHECK_FALSE(p.cancel());
}

TEST_CASE("parker: ping-pong loses no wake-up and no data [I1 I3]") {
  const int rounds = weir_test::stress::rounds(50'000);
  parker ping, pong;
  int ball = 0;  // plain: the parkers must order the two threads
  int wrong = 0;
  std::thread other{[&] {
    for (int i = 0; i < rounds; ++i) {
      ping.park();
      wrong += ball == 2 * i + 1 ? 0 : 1;
      ++ball;
      pong.unpark();
    }
  }};
  for (int i = 0; i < rounds; ++i) {
    ++ball;
    ping.unpark();
    pong.park();
  }
  other.join();
  CHECK(wrong == 0);
  CHECK(ball == 2 * rounds);
}

TEST_CASE("parker: its owner may destroy it as soon as it is woken") {
  for (int i = 0; i < weir_test::stress::rounds(5'000); ++i) {
    auto p = std::make_unique<parker>();
    std::thread waker{[raw = p.get()] { raw->unpark(); }};
    p->park();
    waker.join();
    p.reset();
  }
}
