#include "io/timer_heap.hpp"

#include <utility>

namespace weir::inline v0::io {

namespace {

bool before(const detail::operation& a, const detail::operation& b) noexcept {
  return a.deadline != b.deadline ? a.deadline < b.deadline : a.result < b.result;
}

}  // namespace

void timer_heap::push(operation& op) noexcept {
  op.prev = op.sibling = op.child = nullptr;
  op.result = ++sequence_;
  root_ = root_ == nullptr ? &op : merge(root_, &op);
  ++size_;
}

void timer_heap::remove(operation& op) noexcept {
  --size_;
  operation* const orphans = merge_children(op.child);
  if (&op == root_) {
    root_ = orphans;
  } else {
    if (op.prev->child == &op)
      op.prev->child = op.sibling;
    else
      op.prev->sibling = op.sibling;
    if (op.sibling != nullptr) op.sibling->prev = op.prev;
    if (orphans != nullptr) root_ = merge(root_, orphans);
  }
  op.prev = op.sibling = op.child = nullptr;
}

// Both are roots: no parent, no siblings. The later one becomes the first child of the earlier one.
timer_heap::operation* timer_heap::merge(operation* a, operation* b) noexcept {
  if (before(*b, *a)) std::swap(a, b);
  b->prev = a;
  b->sibling = a->child;
  if (a->child != nullptr) a->child->prev = b;
  a->child = b;
  return a;
}

// First pass: merge neighbours in pairs, left to right, onto a stack. Second pass: merge the stack into one.
timer_heap::operation* timer_heap::merge_children(operation* first) noexcept {
  operation* pairs = nullptr;
  while (first != nullptr) {
    operation* const a = first;
    operation* const b = a->sibling;
    first = b != nullptr ? b->sibling : nullptr;
    a->prev = a->sibling = nullptr;
    operation* merged = a;
    if (b != nullptr) {
      b->prev = b->sibling = nullptr;
      merged = merge(a, b);
    }
    merged->sibling = pairs;
    pairs = merged;
  }
  operation* root = nullptr;
  while (pairs != nullptr) {
    operation* const next = std::exchange(pairs->sibling, nullptr);
    root = root == nullptr ? pairs : merge(root, pairs);
    pairs = next;
  }
  return root;
}

}  // namespace weir::inline v0::io
