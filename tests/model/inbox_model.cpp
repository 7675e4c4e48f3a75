// sync/inbox.hpp: every item once, in the order of its producer, with its data; a stopped thread stops nobody.
#include "sync/inbox.hpp"

#include <array>

#include "explorer/model.hpp"
#include "sync/backlog.hpp"

namespace {

using namespace weir;  // NOLINT

struct item {
  model::plain<item*> next{nullptr};
  model::plain<int> data{0};
  int producer = 0;
  int number = 0;
};
using items = sync::inbox<item, &item::next>;

struct seen {
  int count = 0;
  std::array<int, 4> last{};
  void take(items& in) {
    for (item* i = in.take_all(); i != nullptr; i = i->next) {
      ++count;
      model::require(i->data == i->number, "[I3] the item's data");
      auto& before = last[static_cast<std::size_t>(i->producer)];
      model::require(i->number > before, "[I2] one producer's order");
      before = i->number;
    }
  }
};

void push(items& in, item& i, int producer, int number) {
  i.producer = producer;
  i.number = number;
  i.data = number;
  in.push(i);
}

void producers_and_a_taker() {
  items in;
  std::array<item, 4> all;
  for (std::size_t p = 0; p < 2; ++p)
    model::thread([&in, &all, p] {
      push(in, all[2 * p], static_cast<int>(p), 1);
      push(in, all[2 * p + 1], static_cast<int>(p), 2);
    });
  seen s;
  s.take(in);
  s.take(in);
  model::join();
  s.take(in);
  model::require(s.count == 4, "[I1] every item once");
}

void chains() {
  items in;
  std::array<item, 3> all;
  model::thread([&] {
    for (int k = 0; k < 2; ++k) all[static_cast<std::size_t>(k)].number = k + 1;
    all[0].data = 1, all[1].data = 2;
    all[1].next = &all[0];
    in.push_chain(all[1], all[0]);
  });
  model::thread([&] { push(in, all[2], 1, 1); });
  seen s;
  s.take(in);
  model::join();
  s.take(in);
  model::require(s.count == 3, "[I1] a chain is whole");
}

// Items go back in after they were taken, while another producer holds an old head: no ABA.
void reuse() {
  items in;
  std::array<item, 3> all;
  std::array<int, 3> taken{};
  push(in, all[0], 0, 1);
  model::thread([&] { push(in, all[2], 1, 1); });
  model::thread([&] {
    item* i = in.take_all_newest_first();
    while (i != nullptr) {
      item* const next = i->next;
      if (++taken[static_cast<std::size_t>(i - all.data())] == 1) in.push(*i);  // back, once
      i = next;
    }
  });
  model::join();
  int left = 0;
  for (item* i = in.take_all(); i != nullptr; i = i->next) {
    ++left;
    ++taken[static_cast<std::size_t>(i - all.data())];
  }
  model::require(left == 2 && taken[0] == 2 && taken[2] >= 1 && taken[2] <= 2, "[I1] nothing lost, nothing doubled");
}

// One wake-up per take is enough: the push that found it empty is the one that says so.
void first_push_wakes() {
  items in;
  std::array<item, 2> all;
  sync::atomic<int> firsts{0};
  for (std::size_t p = 0; p < 2; ++p)
    model::thread([&in, &all, &firsts, p] {
      if (in.push(all[p])) firsts.fetch_add(1, std::memory_order_relaxed);
    });
  int batches = 0;
  if (in.take_all() != nullptr) ++batches;
  model::join();
  if (in.take_all() != nullptr) ++batches;
  model::require(firsts.load(std::memory_order_relaxed) == batches, "[I4] one true per batch");
}

// sync/backlog.hpp: what the owner took out and has no room for; it puts the next chain only when that one is gone.
void left_for_anybody(bool thieves_stop) {
  sync::backlog<item> left;
  std::array<item, 3> all;
  std::array<sync::atomic<int>, 3> taken;
  const auto take = [&] {
    for (item* i = left.take(); i != nullptr; i = i->next) {
      model::require(i->data == i->number, "[B2] the item's data");
      i->data = -1;  // whoever took it owns it
      model::require(taken[static_cast<std::size_t>(i - all.data())].fetch_add(1, std::memory_order_relaxed) == 0,
                     "[B1] once");
    }
  };
  for (int t = 0; t < 2; ++t)
    model::thread([&] {
      if (!thieves_stop) return take();
      const model::lock_free section;
      (void)left.take();
    });
  for (std::size_t i = 0; i < all.size(); ++i) all[i].data = all[i].number = static_cast<int>(i) + 1;
  all[0].next = &all[1];
  left.put(&all[0]);
  if (!thieves_stop) take();
  if (!left.looks_empty()) model::require(left.take() != nullptr || left.looks_empty(), "[B1] still there, or gone");
  left.put(&all[2]);
  take();
  model::join();
  model::require(left.looks_empty(), "[B1] taken whole");
  for (auto& n : taken) model::require(thieves_stop || n.load(std::memory_order_relaxed) == 1, "[B1] nothing is lost");
}

void stopped_thread() {
  items in;
  std::array<item, 3> all;
  for (std::size_t p = 0; p < 2; ++p)
    model::thread([&in, &all, p] {
      const model::lock_free section;
      in.push(all[p]);
    });
  model::thread([&] {
    const model::lock_free section;
    (void)in.take_all_newest_first();
  });
  model::join();
  (void)in.push(all[2]);
  bool mine = false;
  for (item* i = in.take_all_newest_first(); i != nullptr; i = i->next) mine |= i == &all[2];
  model::require(mine, "a stopped thread leaves the inbox usable");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"inbox: two producers of two, one taker [I1 I2 I3]", {.preemptions = 4}, producers_and_a_taker},
       {"inbox: chains [I1 I2 I3]", {.preemptions = 100, .spurious = 1}, chains},
       {"inbox: items that come back, no ABA [I1]", {.preemptions = 100}, reuse},
       {"inbox: the first push into an empty inbox says so [I4]", {.preemptions = 100}, first_push_wakes},
       {"backlog: the owner and two thieves [B1 B2]", {.preemptions = 3}, [] { left_for_anybody(false); }},
       {"backlog: lock-free thieves", {.preemptions = 2, .stop_forever = true}, [] { left_for_anybody(true); }},
       {"inbox: lock-free", {.preemptions = 2, .stop_forever = true}, stopped_thread}});
}
