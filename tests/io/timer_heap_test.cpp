#include "io/timer_heap.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <vector>

using weir::detail::operation;
using weir::io::timer_heap;

namespace {

struct timer : operation {
  explicit timer(std::int64_t at) : operation{kind::sleep, nullptr} {
    deadline = std::chrono::steady_clock::time_point{std::chrono::nanoseconds{at}};
  }
  bool armed = false;
};

}  // namespace

TEST_CASE("timer_heap: timers come out by deadline, equal ones in the order they were armed") {
  std::mt19937 random{7};
  std::deque<timer> timers;
  std::multimap<std::chrono::steady_clock::time_point, timer*>
      expected;  // equal deadlines stay in the order of insertion
  timer_heap heap;
  for (int i = 0; i < 5000; ++i) {
    timer& t = timers.emplace_back(static_cast<std::int64_t>(random() % 100));
    expected.emplace(t.deadline, &t);
    heap.push(t);
  }
  bool same = true;
  for (const auto& [deadline, t] : expected) {
    same = same && heap.earliest() == t;
    heap.remove(*heap.earliest());
  }
  CHECK(same);
  CHECK(heap.earliest() == nullptr);
  CHECK(heap.size() == 0);
}

TEST_CASE("timer_heap: timers can be cancelled anywhere, in any order, between others") {
  std::mt19937 random{11};
  std::deque<timer> timers;
  for (int i = 0; i < 400; ++i) timers.emplace_back(static_cast<std::int64_t>(random() % 50));
  timer_heap heap;
  bool right = true;
  for (int step = 0; step < 200'000; ++step) {
    timer& t = timers[random() % timers.size()];
    if (t.armed)
      heap.remove(t);
    else
      heap.push(t);
    t.armed = !t.armed;
    if (step % 64 != 0) continue;
    const timer* first = nullptr;
    std::uint64_t armed = 0;
    for (const timer& other : timers) {
      if (!other.armed) continue;
      ++armed;
      if (first == nullptr || other.deadline < first->deadline) first = &other;
    }
    right = right && heap.size() == armed && (heap.earliest() == nullptr) == (first == nullptr) &&
            (first == nullptr || heap.earliest()->deadline == first->deadline);
  }
  CHECK(right);
}

TEST_CASE("timer_heap: a million timers armed in any order need no memory and no stack") {
  constexpr std::int64_t n = 1'000'000;
  for (int order : {0, 1, 2}) {
    std::deque<timer> timers;
    std::mt19937_64 random{3};
    for (std::int64_t i = 0; i < n; ++i)
      timers.emplace_back(order == 0 ? i : order == 1 ? n - i : static_cast<std::int64_t>(random() % n));
    timer_heap heap;
    for (timer& t : timers) heap.push(t);
    CHECK(heap.size() == n);
    for (std::size_t i = 0; i < timers.size(); i += 2) heap.remove(timers[i]);  // half cancelled
    bool sorted = true;
    auto last = std::chrono::steady_clock::time_point::min();
    while (operation* t = heap.earliest()) {
      sorted = sorted && last <= t->deadline;
      last = t->deadline;
      heap.remove(*t);
    }
    CHECK(sorted);
  }
}
