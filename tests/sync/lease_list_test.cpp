#include "sync/lease_list.hpp"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using weir::sync::leasable;
using weir::sync::lease_list;

namespace {

struct item : leasable<item> {
  int used = 0;  // plain: the lease must order one holder after the other
};

}  // namespace

TEST_CASE("lease_list: an item is held until it is given back, and adopted then") {
  lease_list<item> list;
  CHECK(list.lease() == nullptr);
  item a;
  item b;
  list.add(a);
  list.add(b);
  CHECK(list.lease() == nullptr);
  CHECK(a.leased());
  list.give_back(a);
  CHECK_FALSE(a.leased());
  CHECK(list.lease() == &a);
  CHECK(list.lease() == nullptr);
  int count = 0;
  list.for_each([&](const item&) { ++count; });
  CHECK(count == 2);
}

TEST_CASE("lease_list: no two threads hold one item, and what the last holder wrote is visible") {
  constexpr int rounds = 100'000;
  lease_list<item> list;
  item only;
  list.add(only);
  list.give_back(only);
  std::atomic<bool> go{false};
  const auto fight = [&] {
    go.wait(false);
    for (int i = 0; i < rounds;) {
      item* mine = list.lease();
      if (mine == nullptr) continue;
      ++mine->used;
      list.give_back(*mine);
      ++i;
    }
  };
  std::thread a{fight};
  std::thread b{fight};
  go.store(true);
  go.notify_all();
  a.join();
  b.join();
  CHECK(only.used == 2 * rounds);
}

TEST_CASE("lease_list: items added at the same time are all there") {
  constexpr std::size_t each = 200'000;
  lease_list<item> list;
  std::vector<item> first(each);
  std::vector<item> second(each);
  std::atomic<bool> go{false};
  const auto add = [&](std::vector<item>& items) {
    while (!go.load()) {
    }
    for (item& i : items) list.add(i);
  };
  std::thread a{add, std::ref(first)};
  std::thread b{add, std::ref(second)};
  go.store(true);
  go.notify_all();
  a.join();
  b.join();
  std::size_t count = 0;
  list.for_each([&](const item&) { ++count; });
  CHECK(count == 2 * each);
}
