// sync/mpsc_stack.hpp - intrusive mailbox: many producers, one consumer that takes all.       [floor: sync]
//
//   producers --push (CAS)--> head_ --take_all (exchange)--> the consumer, newest first
// Threads     push: any.  take_all, announce_sleep: the consumer.  Nodes belong to the stack from push to take_all.
// Lock-free   a stopped producer or consumer delays nobody: no step waits for another thread.
// Sleep       The consumer's announcement lives in the head itself: announce_sleep() swaps "empty" for a mark, so it
//             fails if anything was pushed, and the one push that replaces the mark learns that it must wake.
// Steps       P1 push: CAS, the node in front of what was read   T1 take_all: exchange with empty
//             S1 announce_sleep: CAS, empty -> mark
// Invariants  I1  each node pushed is returned by exactly one take_all
//             I2  once announce_sleep() has returned true, the next push returns true and those after it false, until
//                 the next take_all
// Why         There is one location, so there is one order of all steps: a push is before the announcement (which then
//             fails) or after it (and then reads the mark). No fence and no second flag can be missing.
// ABA         A push compares the whole head and stores what it read as its link; when the head was taken and pushed
//             back in between, the link is still right. Only take_all removes, and it removes everything.
// Checked: tests/model/reactor_wake_model.cpp, cancel_model.cpp
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

template <class Node, Node* Node::* Link>
class mpsc_stack {
 public:
  mpsc_stack() = default;
  mpsc_stack(const mpsc_stack&) = delete;
  mpsc_stack& operator=(const mpsc_stack&) = delete;

  /// True when the consumer had announced its sleep: the caller is the one that must wake it.
  bool push(Node* node) noexcept {
    Node* seen = head_.load(memory_order_relaxed);  // a guess, checked by the CAS
    do {
      node->*Link = seen == mark() ? nullptr : seen;
      // (P1) release: publishes the node and what precedes the push to T1. Relaxed on failure: only retried.
    } while (!head_.compare_exchange_weak(seen, node, memory_order_release, memory_order_relaxed));
    return seen == mark();
  }

  /// Everything pushed so far, newest first; ends the announcement of sleep.
  Node* take_all() noexcept {
    // relaxed: an empty look orders nothing; what it misses fails the next announce_sleep or is seen by the next look.
    if (head_.load(memory_order_relaxed) == nullptr) return nullptr;
    // (T1) acquire: pairs with every P1 since the last take (their CASes continue one release sequence).
    Node* taken = head_.exchange(nullptr, memory_order_acquire);
    return taken == mark() ? nullptr : taken;
  }

  /// Everything pushed so far, oldest first.
  Node* take_all_in_order() noexcept {
    Node* ordered = nullptr;
    for (Node* node = take_all(); node != nullptr;) {
      Node* const older = node->*Link;
      node->*Link = ordered;
      ordered = node;
      node = older;
    }
    return ordered;
  }

  /// False when something is there; true: the next push will say that the consumer must be woken.
  bool announce_sleep() noexcept {
    Node* seen = nullptr;
    // (S1) relaxed: the mark carries no data; the wake-up itself orders the sleeper after the push that sent it.
    return head_.compare_exchange_strong(seen, mark(), memory_order_relaxed, memory_order_relaxed) || seen == mark();
  }

  /// A hint for anyone: the consumer has announced its sleep and nothing has been pushed since.
  [[nodiscard]] bool asleep() const noexcept { return head_.load(memory_order_relaxed) == mark(); }

  /// A hint; exact only on the consumer's thread.
  [[nodiscard]] bool empty() const noexcept {
    Node* const seen = head_.load(memory_order_relaxed);
    return seen == nullptr || seen == mark();
  }

 private:
  // The stack's own address: never a node, never null, never dereferenced.
  Node* mark() const noexcept { return reinterpret_cast<Node*>(const_cast<mpsc_stack*>(this)); }

  sync::atomic<Node*> head_{nullptr};
};

}  // namespace weir::inline v0::sync
