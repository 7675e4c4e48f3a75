#include <weir/detail/stop_state.hpp>

#include <sched.h>

#include "sync/atomic.hpp"

namespace weir::inline v0::detail {
void stop_state::attach(stop_state* parent) noexcept {
  if (parent == nullptr) return;
  limit_deadline(parent->deadline_);
  parent_ = parent;
  if (!parent->add(*this)) request_stop(stop_reason::cancelled);
}

void stop_state::detach() noexcept {
  if (parent_ == nullptr) return;
  parent_->remove(*this);
  parent_ = nullptr;
}

void stop_state::parent_stopped(stop_node& n) noexcept {
  static_cast<stop_state&>(n).request_stop(stop_reason::cancelled);
}

bool stop_state::request_stop(stop_reason why) noexcept {
  lock_.lock();
  if (stop_requested()) {
    lock_.unlock();
    return false;
  }
  reason_.store(why, std::memory_order_release);  // release: to reason()
  runner_ = sync::this_thread();
  while (head_ != nullptr) {
    stop_node* const n = head_;
    unlink(*n);
    current_ = n;
    lock_.unlock();
    n->call(*n);  // may end n's life, on this thread or on another one that waits in remove()
    lock_.lock();
    current_ = nullptr;
  }
  lock_.unlock();
  return true;
}

bool stop_state::add(stop_node& n) noexcept {
  const spin_guard guard{lock_};
  if (stop_requested()) return false;
  n.next = head_;
  if (head_ != nullptr) head_->prev = &n;
  head_ = &n;
  n.linked = true;
  return true;
}

void stop_state::remove(stop_node& n) noexcept {
  for (unsigned tries = 0;; ++tries) {
    {
      const spin_guard guard{lock_};
      if (n.linked) return unlink(n);
      if (current_ != &n || runner_ == sync::this_thread()) return;
    }
    // Another thread is inside n.call(), which never blocks.
    if (tries < 64)
      sync::pause();
    else
      ::sched_yield();
  }
}

void stop_state::unlink(stop_node& n) noexcept {
  (n.prev != nullptr ? n.prev->next : head_) = n.next;
  if (n.next != nullptr) n.next->prev = n.prev;
  n.prev = n.next = nullptr;
  n.linked = false;
}

}  // namespace weir::inline v0::detail
