#include <weir/detail/promise.hpp>

#include <new>
#include <string>
#include <utility>

namespace weir::inline v0::detail {

void lease::hold_in(promise_base& task) noexcept {
  if (watch != nullptr) watched_leases.fetch_add(1, std::memory_order_relaxed);
  holder = &task;
  const spin_guard guard{task.leases_lock};
  next = task.leases;
  task.leases = this;
}

void lease::forget() noexcept {
  if (holder == nullptr) return;
  if (watch != nullptr) watched_leases.fetch_sub(1, std::memory_order_relaxed);
  const spin_guard guard{holder->leases_lock};
  for (lease** at = &holder->leases; *at != nullptr; at = &(*at)->next) {
    if (*at != this) continue;
    *at = next;
    break;
  }
  holder = nullptr;
}

bool lease::excuse(bool now) noexcept {
  if (holder == nullptr) return excused;
  const spin_guard guard{holder->leases_lock};
  return std::exchange(excused, now);
}

namespace {

/// The tasks that are suspended until p ends, p first, 64 at most. look(task) under its lock.
template <class Look>
void for_each_waiting(const promise_base* p, Look look) noexcept {
  for (int steps = 0; p != nullptr && steps < 64; ++steps) {
    {
      const spin_guard guard{p->leases_lock};
      look(*p);
    }
    p = p->parent != nullptr ? p->parent : p->owner != nullptr ? p->owner->awaiting : nullptr;
  }
}

}  // namespace

void check_leases(const promise_base& task) noexcept {
  for (;;) {
    lease_watch* told = nullptr;
    const promise_base* holder = nullptr;
    for_each_waiting(&task, [&](const promise_base& p) {
      for (lease* l = p.leases; l != nullptr && told == nullptr; l = l->next)
        if (l->watch != nullptr && !l->excused) told = l->watch, holder = &p, l->excused = true;  // once a lease
    });
    if (told == nullptr) return;
    told->foreign_awaits.fetch_add(1, std::memory_order_relaxed);
    try {
      const std::string what =
          std::string{"waits for something else while it holds a lease of '"} + told->name + "': others wait for it";
      task.env.sched->report({report_kind::foreign_await, holder->task_name(), what, nullptr});
    } catch (const std::bad_alloc&) {
      task.env.sched->report({report_kind::foreign_await, holder->task_name(), told->name, nullptr});
    }
  }
}

std::size_t held_by(const promise_base& task, const void* of) noexcept {
  std::size_t sum = 0;
  for_each_waiting(&task, [&](const promise_base& p) {
    for (const lease* l = p.leases; l != nullptr; l = l->next)
      if (l->of == of) sum += l->amount;
  });
  return sum;
}

}  // namespace weir::inline v0::detail
