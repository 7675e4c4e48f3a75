// sync/backlog.hpp - one chain of items that its owner has no room for yet, and anybody may take whole. [floor: sync]
//
// Threads     put: the owner.   take, looks_empty: any.
// Requires    put: it is empty; only puts fill it, so an owner that has seen it empty may rely on that
// Invariants  B1  a chain is taken once, whole
//             B2  who takes it sees its links and what the items hold
// Steps       P1 store, release     T1 a look (no shared write while it is empty)     T2 exchange, acquire: from P1
// Lock-free   both.
// Checked: tests/model/inbox_model.cpp
#pragma once

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

template <class T>
class backlog {
 public:
  void put(T* chain) noexcept { first_.store(chain, memory_order_release); }  // (P1)

  /// Null: there was none.
  [[nodiscard]] T* take() noexcept {
    if (looks_empty()) return nullptr;                      // (T1)
    return first_.exchange(nullptr, memory_order_acquire);  // (T2)
  }

  /// A hint to all but the owner.
  [[nodiscard]] bool looks_empty() const noexcept { return first_.load(memory_order_relaxed) == nullptr; }

 private:
  atomic<T*> first_{nullptr};
};

}  // namespace weir::inline v0::sync
