// io/timer_heap.hpp - operations ordered by deadline: an intrusive pairing heap.                [floor: io]
//
//   child: first child.  sibling: next child of the same parent.  prev: previous sibling, or the parent of a first
//   child
// Cost        arm O(1), earliest O(1), take and cancel O(log n) amortised; no allocation at any size
// Order       equal deadlines fire in the order they were armed; the sequence number sits in op.result until then
// Threads     the reactor's only
// Recursion   none: merging children is two passes over a list, so a million ascending deadlines need no stack
#pragma once

#include <weir/detail/operation.hpp>

namespace weir::inline v0::io {

class timer_heap {
 public:
  using operation = detail::operation;

  timer_heap() = default;
  timer_heap(const timer_heap&) = delete;
  timer_heap& operator=(const timer_heap&) = delete;

  /// op.deadline says when. The operation must be in no other structure.
  void push(operation& op) noexcept;

  /// The operation that is due first; null when there is none.
  [[nodiscard]] operation* earliest() const noexcept { return root_; }

  /// Takes out an operation that is in this heap.
  void remove(operation& op) noexcept;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  static operation* merge(operation* a, operation* b) noexcept;
  static operation* merge_children(operation* first) noexcept;

  operation* root_ = nullptr;
  std::int64_t sequence_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace weir::inline v0::io
