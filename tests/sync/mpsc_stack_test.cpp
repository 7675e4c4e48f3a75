#include "sync/mpsc_stack.hpp"

#include <array>
#include <atomic>

#include <doctest/doctest.h>

#include "support/stress.hpp"

namespace stress = weir_test::stress;

namespace {

struct node {
  node* next = nullptr;
  int value = 0;
};
using stack = weir::sync::mpsc_stack<node, &node::next>;

}  // namespace

TEST_CASE("mpsc_stack: newest first, or in order, all of it [I1]") {
  stack s;
  std::array<node, 3> n{};
  CHECK(s.empty());
  CHECK(s.take_all() == nullptr);
  for (node& one : n) CHECK_FALSE(s.push(&one));
  CHECK_FALSE(s.empty());
  CHECK(s.take_all() == &n[2]);
  CHECK(n[2].next == &n[1]);
  for (node& one : n) CHECK_FALSE(s.push(&one));
  CHECK(s.take_all_in_order() == &n[0]);
  CHECK(n[0].next == &n[1]);
  CHECK(n[2].next == nullptr);
}

TEST_CASE("mpsc_stack: the first push into an announced sleep wakes, and no other [I2]") {
  stack s;
  std::array<node, 2> n{};
  CHECK(s.announce_sleep());
  CHECK(s.announce_sleep());  // still asleep
  CHECK(s.asleep());
  CHECK(s.empty());
  CHECK(s.push(&n[0]));
  CHECK_FALSE(s.push(&n[1]));
  CHECK_FALSE(s.announce_sleep());  // something is there
  CHECK(s.take_all() == &n[1]);
  CHECK(n[0].next == nullptr);
}

TEST_CASE("mpsc_stack: a message that races with the announcement is found or wakes [I1 I2]") {
  stack s;
  std::array<node, 2> n{};
  std::atomic<int> wakes{0};
  bool announced = false;
  const auto push = [&](std::size_t which) {
    n[which].value = 1;
    if (s.push(&n[which])) ++wakes;
  };
  stress::race(
      stress::rounds(20'000), [&](int) { n = {}; },
      [&](int) {
        CHECK(wakes.exchange(0) == (announced ? 1 : 0));
        int taken = 0;
        for (node* one = s.take_all(); one != nullptr; one = one->next) taken += one->value;
        CHECK(taken == 2);
      },
      [&](int) { push(0); }, [&](int) { push(1); }, [&](int) { announced = s.announce_sleep(); });
}
