#include <weir/async_condition.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>

#include <weir/detail/trampoline.hpp>

namespace weir::inline v0 {

using detail::hold;
using detail::wait_end;
using detail::wake_list;

async_condition::~async_condition() {
  if (waiting() == 0) return;
  std::fprintf(stderr, "weir: an async_condition was destroyed with %zu tasks waiting\n", waiting());
  std::terminate();
}

void async_condition::notify_one() noexcept {
  wake_list wakes;
  const hold guard{lock_};
  if (!line_.empty()) wakes.settle(line_, line_.front(), wait_end::done);
}

void async_condition::notify_all() noexcept {
  wake_list wakes;
  const hold guard{lock_};
  wakes.settle_all(line_, wait_end::done);
}

void async_condition::wait_awaiter::begin(detail::promise_base& task) {
  if (!*lock_) throw std::invalid_argument{"weir::async_condition: the lock is empty"};
  mutex_ = lock_->mutex_;
  how = wait_end::stopped;
  if (stopped_before(task)) return detail::resume_next(task.self);
  async_mutex& mutex = *mutex_;
  bool joined = false;
  {
    const hold guard{at_->lock_};
    joined = may_wait(detail::wait_cause::condition, at_);
    if (joined) {
      released_ = true;
      holder_ = lock_->holder;
      lock_->forget();
      lock_->mutex_ = nullptr;
      how = wait_end::none;
      at_->line_.add(*this);  // from the unlock on it may be in the mutex's line; it cannot be granted before give()
    }
  }
  if (joined) return mutex.line_.give(1);
  detail::resume_next(task.self);
}

void async_condition::wait_awaiter::await_resume() {
  end_wait();
  if (released_) {
    lock_->mutex_ = mutex_;
    lock_->lend(holder_);
  }
  if (how == wait_end::stopped) throw operation_cancelled{};
}

// Notified, or stopped: on to the mutex. Whoever took this waiter out of the line is the only one to come here.
void async_condition::wait_awaiter::noticed(detail::waiter& w) noexcept {
  auto& me = static_cast<wait_awaiter&>(w);
  const auto answer = me.mutex_->line_.take(me.again_, [] { return true; });
  if (answer == detail::credit_answer::granted) me.wake_task();  // waits: it may be gone
}

void async_condition::wait_awaiter::withdraw(detail::parked_task& t) noexcept {
  auto& me = static_cast<wait_awaiter&>(t);
  wake_list wakes;
  const hold guard{me.at_->lock_};
  if (me.in_line) wakes.settle(me.at_->line_, me, wait_end::stopped);
}

}  // namespace weir::inline v0
