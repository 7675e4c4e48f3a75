#include "sync/backlog.hpp"

#include <array>
#include <thread>

#include <doctest/doctest.h>

#include "support/stress.hpp"

namespace {

struct item {
  item* next = nullptr;
  int holds = 0;
};

}  // namespace

TEST_CASE("backlog: a chain is taken whole, once, and then there is none [B1]") {
  item a, b{.next = &a};
  weir::sync::backlog<item> left;
  CHECK(left.looks_empty());
  CHECK(left.take() == nullptr);
  left.put(&b);
  CHECK_FALSE(left.looks_empty());
  CHECK(left.take() == &b);
  CHECK(left.take() == nullptr);
  left.put(&a);
  CHECK(left.take() == &a);
}

TEST_CASE("backlog: of two takers one gets the chain, with what its items hold [B1 B2]") {
  weir::sync::backlog<item> left;
  std::array<item, 2> chain;
  std::array<item*, 2> got{};
  weir_test::stress::race(
      weir_test::stress::rounds(20'000),
      [&](int) {
        chain[0] = {.next = &chain[1]};
        chain[1] = {};
        got = {};
      },
      [&](int i) {
        item* const first = got[0] != nullptr ? got[0] : got[1] != nullptr ? got[1] : left.take();
        REQUIRE(first == &chain[0]);
        REQUIRE((got[0] == nullptr || got[1] == nullptr));
        REQUIRE(first->holds + first->next->holds == 2 * i + 3);
        REQUIRE(left.take() == nullptr);
      },
      [&](int i) {
        chain[0].holds = i + 1;
        chain[1].holds = i + 2;
        left.put(&chain[0]);
      },
      [&](int) {
        got[0] = left.take();
        if (got[0] != nullptr) (void)got[0]->next->holds;
      },
      [&](int) {
        got[1] = left.take();
        if (got[1] != nullptr) (void)got[1]->next->holds;
      });
}
