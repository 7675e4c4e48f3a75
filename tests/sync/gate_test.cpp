#include "sync/gate.hpp"

#include <atomic>
#include <memory>

#include <doctest/doctest.h>

#include "support/stress.hpp"

using weir::sync::gate;
namespace stress = weir_test::stress;

TEST_CASE("gate: open until it is closed, then for nobody") {
  gate g;
  CHECK(g.enter());
  g.leave();
  g.close();
  CHECK_FALSE(g.enter());
}

TEST_CASE("gate: close() returns when the visitors are out, and the house may go") {
  struct house {
    gate door;
    int room = 0;
  };
  std::unique_ptr<house> h;
  std::atomic<int> late{0};
  const auto visit = [&](int) {
    if (!h->door.enter()) return;
    if (h->room != 0) ++late;
    h->door.leave();
  };
  stress::race(
      stress::rounds(10'000), [&](int) { h = std::make_unique<house>(); }, [](int) {},
      [&](int) {
        h->door.close();
        h->room = 1;  // under ThreadSanitizer: races with a visit that has not ended
      },
      visit, visit);
  CHECK(late == 0);
}
