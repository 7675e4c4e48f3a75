// sync/return_stack.hpp: blocks given back by many threads, taken whole by their owner; reuse is no ABA.
#include "sync/return_stack.hpp"

#include <array>

#include "explorer/model.hpp"

namespace {

using namespace weir;  // NOLINT

struct block {
  model::plain<block*> next{nullptr};
  model::plain<int> used{0};
};
using stack = sync::return_stack<block>;

int count(block* b) {
  int n = 0;
  for (; b != nullptr; b = b->next) {
    b->used = 2;  // the owner reuses it: races with a giver that is not done
    ++n;
  }
  return n;
}

void two_givers() {
  stack s;
  std::array<block, 3> all;
  model::thread([&] {
    all[0].used = 1, all[1].used = 1;
    all[0].next = &all[1];
    s.push_chain(&all[0], &all[1]);
  });
  model::thread([&] {
    all[2].used = 1;
    s.push_chain(&all[2], &all[2]);
  });
  int n = count(s.take_all());
  n += count(s.take_all());
  model::join();
  n += count(s.take_all());
  model::require(n == 3, "every block comes back once");
}

// A giver reads the head, the owner takes and gives the same block back, the giver's CAS succeeds: still a whole list.
void same_block_again() {
  stack s;
  std::array<block, 2> all;
  s.push_chain(&all[0], &all[0]);
  model::thread([&] { s.push_chain(&all[1], &all[1]); });
  int n = 0;
  block* const mine = s.take_all();
  for (block* b = mine; b != nullptr;) {
    block* const next = b->next;
    if (b == &all[0])
      s.push_chain(b, b);
    else
      ++n;
    b = next;
  }
  model::join();
  n += count(s.take_all());
  model::require(n == 2, "nothing lost, nothing doubled");
}

void stopped_thread() {
  stack s;
  std::array<block, 2> all;
  model::thread([&] {
    const model::lock_free section;
    s.push_chain(&all[0], &all[0]);
  });
  model::thread([&] {
    const model::lock_free section;
    (void)s.take_all();
  });
  model::join();
  s.push_chain(&all[1], &all[1]);
  model::require(s.take_all() == &all[1], "a stopped thread leaves the stack usable");
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(argc, argv,
                     {{"return stack: two givers and the owner", {.preemptions = 100, .spurious = 1}, two_givers},
                      {"return stack: the same block again, no ABA", {.preemptions = 100}, same_block_again},
                      {"return stack: lock-free", {.preemptions = 3, .stop_forever = true}, stopped_thread}});
}
