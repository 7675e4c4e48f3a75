// sync/return_stack.hpp - how things find their way back to the one who handed them out.      [floor: sync]
//
//   any thread --push_chain--> top_ -> node -> node -> ...      owner --take_all--> the whole chain
//
// Node       has a member `Node* next`, which belongs to the stack while the node is in it.
// Threads    push_chain: any. take_all: any too, but one owner is the intended use.
// Invariants I1  every node is taken once, with its chain, and with what was written to it before the push
//            I2  chains come out last pushed first; a chain keeps its order; the last node's next is null
// Progress   push_chain is lock-free, take_all wait-free. Both are one RMW per chain, however long it is.
// No ABA     there is no pop of a single node: a pusher only needs top_ to be what its last node points at, and that
//            stays right when the same node left and came back in between.
// Protocol   R1 link the chain    R2 CAS top_, release    |    T1 exchange top_, acquire    T2 read the chain
//            Every write of top_ is an RMW, so T1 synchronises with the R2 of every chain it takes, not only the last.
// Checked    tests/model/return_stack_model.cpp
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

template <class Node>
class return_stack {
 public:
  constexpr return_stack() noexcept = default;
  return_stack(const return_stack&) = delete;
  return_stack& operator=(const return_stack&) = delete;

  /// Adds the chain first -> ... -> last. What was written to its nodes before is visible to the one who takes them.
  void push_chain(Node* first, Node* last) noexcept {
    Node* top = top_.load(memory_order_relaxed);  // a guess; the CAS checks it
    do {
      last->next = top;
      // (R2) release: publishes R1 and the contents of the nodes to T1. A failed try orders nothing.
    } while (!top_.compare_exchange_weak(top, first, memory_order_release, memory_order_relaxed));
  }

  /// Takes everything; null when there is nothing. The last node's next is null.
  [[nodiscard]] Node* take_all() noexcept {
    if (top_.load(memory_order_relaxed) == nullptr) return nullptr;  // spares the line; orders nothing
    return top_.exchange(nullptr, memory_order_acquire);             // (T1) pairs with every R2 it takes
  }

 private:
  atomic<Node*> top_{nullptr};
};

}  // namespace weir::inline v0::sync
