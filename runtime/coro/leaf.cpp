#include <weir/detail/leaf.hpp>

#include <cerrno>

#include <weir/detail/trace.hpp>
#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>

namespace weir::inline v0::detail {

io_awaiter::io_awaiter(io_awaiter&& other) noexcept : operation{other.what, &on_complete}, stop_node{&on_stop} {
  fd = other.fd;
  generation = other.generation;
  data = other.data;
  size = other.size;
  deadline = other.deadline;
}

void io_awaiter::begin(promise_base& task) noexcept {
  task_ = &task;
  trace(event::suspend, task.id(), static_cast<std::uint64_t>(what), task.name);
  scheduler& sched = *task.env.sched;
  if (task.env.stop != nullptr && !task.env.stop->add(*this)) {
    result = -ECANCELED;  // never started
    return resume_next(task.self);
  }
  sched.start(op());
  bool cancel_sent = false;
  // acquire, also on failure: pairs with on_complete() (its result, when we go on here) and on_stop().
  auto seen = phase_.load(std::memory_order_acquire);
  for (;;) {
    if ((seen & completed) != 0) return resume_next(task.self);
    if ((seen & stop_asked) != 0 && !cancel_sent) {
      sched.cancel(op());
      cancel_sent = true;
      seen = phase_.load(std::memory_order_acquire);
      continue;
    }
    // release: on_complete() resumes the task after everything above. After success the frame may be gone.
    const auto with_armed = static_cast<std::uint8_t>(seen | armed);
    if (phase_.compare_exchange_weak(seen, with_armed, std::memory_order_acq_rel, std::memory_order_acquire)) return;
  }
}

void io_awaiter::on_complete(operation& op) noexcept {
  auto& me = static_cast<io_awaiter&>(op);
  promise_base& task = *me.task_;
  // acq_rel: release gives the result to begin(); acquire pairs with its arming, so the resumption comes after it.
  if ((me.phase_.fetch_or(completed, std::memory_order_acq_rel) & armed) != 0) task.wake();
}

void io_awaiter::on_stop(stop_node& node) noexcept {
  auto& me = static_cast<io_awaiter&>(node);
  // acq_rel: pairs with begin(); whoever comes second of the two cancels. The frame stays: remove() waits for us.
  const auto before = me.phase_.fetch_or(stop_asked, std::memory_order_acq_rel);
  if ((before & armed) != 0 && (before & completed) == 0) me.task_->env.sched->cancel(me.op());
}

std::int64_t io_awaiter::finish() {
  if (task_->env.stop != nullptr) task_->env.stop->remove(*this);
  if (result == -ECANCELED) throw operation_cancelled{};
  return result;
}

}  // namespace weir::inline v0::detail
