#include <weir/async_mutex.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace weir::inline v0 {

using detail::credit_answer;
using detail::wait_end;

async_mutex::~async_mutex() {
  const auto left = line_.read();
  if (left.in_use == 0 && left.waiting == 0) return;
  std::fprintf(stderr, "weir: an async_mutex was destroyed while %s, with %zu tasks waiting\n",
               left.in_use != 0 ? "locked" : "free", left.waiting);
  std::terminate();
}

void async_lock::lend(detail::promise_base* by) noexcept {
  of = mutex_;
  amount = 1;
  if (by != nullptr) hold_in(*by);
}

void async_lock::take_over(async_lock& other) noexcept {
  other.forget();  // who holds it now is not known
  of = other.of;
  amount = std::exchange(other.amount, 0);
  mutex_ = std::exchange(other.mutex_, nullptr);
}

void async_lock::unlock() noexcept {
  if (mutex_ == nullptr) return;
  forget();
  amount = 0;
  std::exchange(mutex_, nullptr)->line_.give(1);  // the mutex may be gone after this
}

void async_mutex::lock_awaiter::begin(detail::promise_base& task) {
  how = wait_end::stopped;
  if (!stopped_before(task)) {
    if (detail::held_by(task, of_) != 0)
      throw would_deadlock{std::string{"weir: "} + task.task_name() +
                           " asks for an async_mutex that it holds: it would wait for itself"};
    how = wait_end::done;  // before it can be resumed elsewhere
    const credit_answer answer = of_->line_.take(*this, [this] { return may_wait(detail::wait_cause::lock, of_); });
    if (answer == credit_answer::waits) return;
    if (answer != credit_answer::granted) how = wait_end::stopped;
  }
  task.go_on();
}

async_lock async_mutex::lock_awaiter::await_resume() {
  end_wait();
  if (how == wait_end::stopped) throw operation_cancelled{};
  return async_lock{*of_, &task()};
}

void async_mutex::lock_awaiter::withdraw(detail::parked_task& t) noexcept {
  auto& me = static_cast<lock_awaiter&>(t);
  me.of_->line_.withdraw(me, wait_end::stopped);
}

}  // namespace weir::inline v0
