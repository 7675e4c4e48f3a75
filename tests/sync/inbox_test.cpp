#include "sync/inbox.hpp"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/stress.hpp"

namespace {

struct item {
  item* next = nullptr;
  std::size_t producer = 0;
  int number = 0;
};
using inbox = weir::sync::inbox<item, &item::next>;

}  // namespace

TEST_CASE("inbox: takes out what was put in, oldest first, and says which push found it empty [I1 I2 I4]") {
  inbox in;
  item a, b, c;
  CHECK(in.empty());
  CHECK(in.take_all() == nullptr);
  CHECK(in.push(a));
  c.next = &b;
  CHECK_FALSE(in.push_chain(c, b));
  CHECK(in.take_all() == &a);
  CHECK(a.next == &b);
  CHECK(b.next == &c);
  CHECK(c.next == nullptr);
  CHECK(in.push(a));
  CHECK(in.take_all_newest_first() == &a);
}

TEST_CASE("inbox: four producers, nothing lost, nothing doubled, each producer in order [I1 I2 I3]") {
  constexpr std::size_t producers = 4;
  const auto each = static_cast<std::size_t>(weir_test::stress::rounds(50'000));
  std::vector<std::vector<item>> all(producers, std::vector<item>(each));
  inbox in;
  std::vector<std::thread> threads;
  for (std::size_t p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      int number = 0;
      for (item& i : all[p]) {
        i.producer = p;
        i.number = ++number;
        in.push(i);
      }
    });
  std::vector<int> last(producers, 0);
  std::size_t taken = 0;
  int out_of_order = 0;
  while (taken < producers * each) {
    item* i = in.take_all();
    if (i == nullptr) std::this_thread::yield();
    for (; i != nullptr; i = i->next, ++taken) {
      out_of_order += i->number == last[i->producer] + 1 ? 0 : 1;
      last[i->producer] = i->number;
    }
  }
  for (std::thread& t : threads) t.join();
  CHECK(out_of_order == 0);
  CHECK(in.empty());
}
