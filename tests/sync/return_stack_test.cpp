#include "sync/return_stack.hpp"

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using weir::sync::return_stack;

namespace {

struct node {
  node* next = nullptr;
  int value = 0;  // plain: must be published by the stack
};

}  // namespace

TEST_CASE("return_stack: chains come back whole, last pushed first") {
  return_stack<node> stack;
  CHECK(stack.take_all() == nullptr);
  std::array<node, 3> n{};
  n[0].next = &n[1];
  stack.push_chain(&n[0], &n[1]);
  stack.push_chain(&n[2], &n[2]);
  CHECK(stack.take_all() == &n[2]);
  CHECK(n[2].next == &n[0]);
  CHECK(n[0].next == &n[1]);
  CHECK(n[1].next == nullptr);
  CHECK(stack.take_all() == nullptr);
}

TEST_CASE("return_stack: while many push and nodes go round, none is lost, doubled or half written") {
  constexpr int threads = 3;
  constexpr std::size_t nodes = 12;  // few, so that the same addresses come back at once (ABA)
  constexpr int laps = 20'000;
  return_stack<node> home;
  std::array<return_stack<node>, threads> out;
  std::array<node, nodes> all{};
  std::atomic<bool> stop{false};
  std::vector<std::thread> pushers;
  for (int t = 0; t < threads; ++t)
    pushers.emplace_back([&, t] {
      while (!stop.load()) {
        node* first = out[static_cast<std::size_t>(t)].take_all();
        if (first == nullptr) {
          std::this_thread::yield();
          continue;
        }
        node* last = first;
        for (node* n = first; n != nullptr; n = n->next) ++(last = n)->value;
        home.push_chain(first, last);
      }
    });
  for (std::size_t i = 0; i < nodes; ++i) out[i % threads].push_chain(&all[i], &all[i]);
  int seen = 0;
  while (seen < laps) {
    node* n = home.take_all();
    if (n == nullptr) std::this_thread::yield();  // on one CPU nobody else would run
    while (n != nullptr) {
      node* next = n->next;
      out[static_cast<std::size_t>(seen++ % threads)].push_chain(n, n);
      n = next;
    }
  }
  stop.store(true);
  for (std::thread& t : pushers) t.join();
  int touched = 0;
  int back = 0;
  for (const node& n : all) touched += n.value;
  for (node* n = home.take_all(); n != nullptr; n = n->next) ++back;
  for (auto& o : out)
    for (node* n = o.take_all(); n != nullptr; n = n->next) ++back;
  CHECK(back == static_cast<int>(nodes));
  CHECK(touched >= seen);
  CHECK(touched <= seen + static_cast<int>(nodes));
}
