#include "sync/work_deque.hpp"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/stress.hpp"

using weir::sync::work_deque;

TEST_CASE("work_deque: the owner gets the youngest, a thief the oldest, and full says so [I2]") {
  int items[4]{};
  work_deque<int*, std::uint8_t> d{4, 253};  // the index wraps on the way
  CHECK(d.pop() == nullptr);
  CHECK(d.steal() == nullptr);
  for (int& i : items) CHECK(d.push(&i));
  CHECK_FALSE(d.push(&items[0]));
  CHECK(d.room() == 0);
  CHECK(d.steal() == &items[0]);
  CHECK(d.pop() == &items[3]);
  CHECK(d.room() == 2);
  CHECK(d.pop() == &items[2]);
  CHECK(d.pop() == &items[1]);
  CHECK(d.pop() == nullptr);
  CHECK(d.looks_empty());
}

TEST_CASE("work_deque: an owner and three thieves take every item exactly once, with its data [I1]") {
  const auto count = static_cast<std::size_t>(weir_test::stress::rounds(200'000));
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{2}, std::size_t{64}}) {
    std::vector<int> items(count, 0);  // plain: the deque must publish the push to whoever takes
    work_deque<int*> d{capacity};
    std::atomic<bool> over{false};
    const auto take = [](int* item) {
      if (item != nullptr) ++*item;
    };
    std::vector<std::thread> thieves;
    for (int t = 0; t < 3; ++t)
      thieves.emplace_back([&] {
        while (!over.load() || !d.looks_empty()) take(d.steal());
      });
    for (std::size_t i = 0; i < count; ++i) {
      items[i] = 1;
      while (!d.push(&items[i])) take(d.pop());
      if (i % 3 == 0) take(d.pop());
    }
    while (!d.looks_empty()) take(d.pop());
    over = true;
    for (std::thread& t : thieves) t.join();
    std::size_t wrong = 0;
    for (const int i : items) wrong += i == 2 ? 0 : 1;
    CAPTURE(capacity);
    CHECK(wrong == 0);
  }
}
