#include <weir/detail/promise.hpp>

namespace weir::inline v0::detail {

void lease::hold_in(promise_base& task) noexcept {
  holder = &task;
  const spin_guard guard{task.leases_lock};
  next = task.leases;
  task.leases = this;
}

void lease::forget() noexcept {
  if (holder == nullptr) return;
  const spin_guard guard{holder->leases_lock};
  for (lease** at = &holder->leases; *at != nullptr; at = &(*at)->next) {
    if (*at != this) continue;
    *at = next;
    break;
  }
  holder = nullptr;
}

std::size_t held_by(const promise_base& task, const void* of) noexcept {
  std::size_t sum = 0;
  const promise_base* p = &task;
  for (int steps = 0; p != nullptr && steps < 64; ++steps) {
    {
      const spin_guard guard{p->leases_lock};
      for (const lease* l = p->leases; l != nullptr; l = l->next)
        if (l->of == of) sum += l->amount;
    }
    p = p->parent != nullptr ? p->parent : p->owner != nullptr ? p->owner->awaiting : nullptr;
  }
  return sum;
}

}  // namespace weir::inline v0::detail
