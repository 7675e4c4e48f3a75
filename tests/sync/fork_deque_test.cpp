#include <weir/detail/fork_deque.hpp>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/stress.hpp"

namespace {

using weir::detail::fork_deque;
using weir::detail::fork_place;
using weir::detail::nowhere;

template <class Deque, class T>
fork_place push(Deque& d, T* item) {
  return d.roomy() ? d.push(item) : d.push_checked(item);
}

template <class Deque>
bool take_back(Deque& d, fork_place p) {
  return (p >= 0 && d.take_back(p)) || d.take_back_checked(p);
}

}  // namespace

TEST_CASE("fork_deque: the owner takes back in nesting order, a thief gets the oldest [I1]") {
  fork_deque<int, 4> d;
  std::array<int, 5> items{};
  CHECK(d.looks_empty());
  CHECK(d.steal() == nullptr);
  CHECK(d.oldest() == nowhere);
  std::array<fork_place, 4> places{};
  for (std::size_t i = 0; i < 4; ++i) places[i] = push(d, &items[i]);
  CHECK(push(d, &items[4]) == nowhere);  // full
  CHECK(d.steal() == &items[0]);
  CHECK(take_back(d, places[3]));
  CHECK(take_back(d, places[2]));
  CHECK(d.steal() == &items[1]);
  CHECK_FALSE(take_back(d, places[1]));
  CHECK_FALSE(take_back(d, places[0]));
  CHECK(d.looks_empty());
}

TEST_CASE("fork_deque: steal_from takes nothing below its floor, and nothing once the work is another one's") {
  fork_deque<int, 4> d;
  int below = 0, mine = 0;
  const fork_place outer = push(d, &below);
  const fork_place floor = d.index();
  const fork_place inner = push(d, &mine);
  CHECK(d.steal_from(floor, [] { return true; }) == nullptr);  // the oldest lies below
  CHECK(d.steal() == &below);
  CHECK(d.steal_from(floor, [] { return false; }) == nullptr);
  CHECK(d.steal_from(floor, [] { return true; }) == &mine);
  CHECK_FALSE(take_back(d, inner));
  CHECK_FALSE(take_back(d, outer));
}

TEST_CASE("fork_deque: an owner that nests and two thieves take every child exactly once, with its data [I1 I3]") {
  struct child {
    int data = 0;  // plain: the deque must publish it to whoever takes
  };
  constexpr std::size_t deep = 6;  // more than the ring holds: what finds no room is the owner's
  const int rounds = weir_test::stress::rounds(20'000);
  std::vector<child> all(static_cast<std::size_t>(rounds) * deep);
  fork_deque<child, 4> d;
  std::atomic<bool> over{false};
  std::vector<std::thread> thieves;
  for (int t = 0; t < 2; ++t)
    thieves.emplace_back([&] {
      for (; !over; std::this_thread::yield())
        if (child* const c = d.steal()) ++c->data;
    });
  for (std::size_t i = 0; i < all.size(); i += deep) {
    std::array<fork_place, deep> places{};
    for (std::size_t k = 0; k < deep; ++k) {
      all[i + k].data = 1;
      places[k] = push(d, &all[i + k]);
    }
    for (std::size_t k = deep; k-- > 0;)
      if (places[k] == nowhere || take_back(d, places[k])) ++all[i + k].data;
  }
  CHECK(d.looks_empty());
  over = true;
  for (std::thread& t : thieves) t.join();
  std::size_t wrong = 0;
  for (const child& c : all) wrong += c.data == 2 ? 0 : 1;
  CHECK(wrong == 0);
}
