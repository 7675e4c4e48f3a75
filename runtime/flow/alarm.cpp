#include <weir/detail/alarm.hpp>

#include <weir/detail/trampoline.hpp>
#include <weir/detail/wait_line.hpp>
#include <weir/error.hpp>

#include "sync/atomic.hpp"

namespace weir::inline v0::detail {

// The sleep is ended without the lock: that may take a message to the reactor.
void alarm::ring() noexcept {
  sleeping* asleep = nullptr;
  {
    const hold guard{lock_};
    ++rings_;
    asleep = sleeper_;
    if (asleep == nullptr) return;
    ++ringing_;
  }
  asleep->ask_to_stop();
  const hold guard{lock_};
  --ringing_;
}

std::uint64_t alarm::rings() const noexcept {
  const hold guard{lock_};
  return rings_;
}

void alarm::leave(const sleeping& s) noexcept {
  for (;;) {
    {
      const hold guard{lock_};
      if (sleeper_ == &s) sleeper_ = nullptr;
      if (ringing_ == 0) return;
    }
    sync::pause();
  }
}

void alarm::sleeping::begin(promise_base& task) noexcept {
  task_ = &task;
  {
    const hold guard{of_.lock_};
    sleeps_ = of_.rings_ == seen_;
    if (sleeps_) of_.sleeper_ = this;
  }
  if (sleeps_) return io_awaiter::begin(task);
  task.about_to_wait();
  resume_next(task.self);
}

void alarm::sleeping::await_resume() {
  if (!sleeps_) return;
  of_.leave(*this);
  try {
    finish();
  } catch (const operation_cancelled&) {
    if (task_->env.stop != nullptr && task_->env.stop->stop_requested()) throw;
  }
}

}  // namespace weir::inline v0::detail
