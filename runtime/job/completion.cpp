// job/completion.cpp - waiting, helping and waking: what all futures share.                    [floor: job]
//
// Who waits how (D15): a worker first tries to claim the very job it waits for and runs it in place, so that one
// worker never deadlocks on its own queue and never runs foreign code under its caller's lock; otherwise it tells the
// engine that it blocks. A reactor thread never blocks. Everybody else sleeps on the gate.
#include <weir/detail/completion.hpp>
#include <weir/detail/outcome.hpp>
#include <weir/detail/saturating.hpp>
#include <weir/detail/suppressed.hpp>
#include <weir/detail/thread_context.hpp>
#include <weir/detail/trace.hpp>
#include <weir/error.hpp>

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/cpu_count.hpp"
#include "base/fork_guard.hpp"
#include "base/report.hpp"
#include "job/stack_room.hpp"
#include "sync/completion_slot.hpp"
#include "sync/ref_count.hpp"

namespace weir::inline v0::detail {

using slot = sync::completion_slot<completion_waiter>;

namespace {

constexpr std::chrono::microseconds longest_look{5};  // about what falling asleep and being woken costs

// Announces a worker's blocking wait to its engine for as long as it lasts.
class blocking_scope {
 public:
  explicit blocking_scope(thread_context& here) noexcept : here_{here} {
    if (here_.blocking != nullptr) here_.blocking(here_, true);
  }
  blocking_scope(const blocking_scope&) = delete;
  blocking_scope& operator=(const blocking_scope&) = delete;
  ~blocking_scope() {
    if (here_.blocking != nullptr) here_.blocking(here_, false);
  }

 private:
  thread_context& here_;
};

}  // namespace

void completion::retain() noexcept { sync::ref_count::retain(refs_); }

void completion::release() noexcept {
  if (!sync::ref_count::drop(refs_)) return;
  if (content_ == content::error && !observed_.load(sync::memory_order_relaxed) &&
      outcome_of(error_) == outcome::failed) {  // a cancellation is no news
    if (traced(event::unobserved)) trace(event::unobserved, trace_current().id);
    report_here({report_kind::never_awaited,
                 {},
                 "the exception of a job was never looked at: its future was dropped",
                 std::exchange(error_, nullptr)});
  }
  ops_->destroy(*this);
}

bool completion::claim() noexcept { return slot{word_, gate_}.claim(); }

void completion::unclaim() noexcept { slot{word_, gate_}.unclaim(); }

outcome completion::lost() const noexcept {
  auto& self = const_cast<completion&>(*this);
  return slot{self.word_, self.gate_}.is_revoked() ? outcome::cancelled : outcome::elsewhere;
}

void completion::finish() noexcept { finish_as(slot::claimed); }

void completion::finish_as(std::uintptr_t how) noexcept {
  completion_waiter* w = slot{word_, gate_}.finish(how);
  while (w != nullptr) {
    completion_waiter* const next = w->next;  // w may be gone once it is awake
    w->wake(*w);
    w = next;
  }
}

bool completion::ready() const noexcept {
  auto& self = const_cast<completion&>(*this);
  return slot{self.word_, self.gate_}.ready();
}

bool completion::enlist(completion_waiter& w) noexcept { return slot{word_, gate_}.enlist(w); }

bool completion::withdraw(completion_waiter& w) noexcept { return slot{word_, gate_}.withdraw(w); }

bool completion::cancel() noexcept {
  if (ops_->abandon == nullptr || !slot{word_, gate_}.claim(slot::revoked)) return false;
  ops_->abandon(*this);
  finish_as(slot::revoked);
  return true;
}

void completion::wait() {
  if (ready()) return;
  thread_context& here = this_thread_context();
  const bool ours = here.role == thread_role::worker && (owner_ == nullptr || owner_ == here.sched);
  if (ours && ops_->execute != nullptr && stack_room_left() && claim()) {
    const outcome how = ops_->execute(*this);
    if (here.count != nullptr && how != outcome::internal) here.count(here, how);
    return;
  }
  if (owner_ != nullptr && owner_ == here.serial)
    throw would_deadlock{"weir: a job of a strand would wait for a later job of the same strand"};
  if (look_a_while(here)) return;
  while (!block(-1)) {
  }
}

bool completion::wait_until(time_point deadline) {
  if (look_a_while(this_thread_context(), deadline)) return true;
  for (;;) {
    if (ready()) return true;
    const auto left = left_until(deadline);
    if (left.count() <= 0) return false;
    if (block(left.count())) return true;
  }
}

// A worker that is awake ends a short job sooner than this thread could fall asleep and be woken again. Not after a
// submission that had to wake a worker: that one may be waiting for this very processor. True: ready.
bool completion::look_a_while(thread_context& here, time_point deadline) const noexcept {
  using clock = std::chrono::steady_clock;
  static const bool alone = base::affinity_cpus() == 1;
  if (here.role != thread_role::outside || std::exchange(here.woke_a_worker, false) || alone) return ready();
  const time_point end = std::min(deadline, clock::now() + longest_look);
  do {
    for (int i = 0; i < 4; ++i) {
      if (ready()) return true;
      sync::pause();
    }
  } while (clock::now() < end);
  return ready();
}

// True when ready; false after a timeout or a spurious wake-up.
bool completion::block(std::int64_t timeout_ns) {
  if (owner_ != nullptr) base::refuse_in_forked_child();  // a job of the parent's
  thread_context& here = this_thread_context();
  if (here.role == thread_role::reactor)
    throw would_deadlock{"weir: a future that is not ready was waited for on the reactor thread; co_await it instead"};
  const blocking_scope announced{here};
  slot{word_, gate_}.wait(timeout_ns);
  return ready();
}

void completion::rethrow() {
  switch (content_) {
    case content::cancelled:
      throw operation_cancelled{};
    case content::broken:
      throw broken_promise{};
    default:
      observed_.store(true, sync::memory_order_relaxed);  // orders nothing: read when the last reference goes
      std::rethrow_exception(error_);
  }
}

void completion::throw_error_out() {
  if (content_ != content::error) return;
  observed_.store(true, sync::memory_order_relaxed);  // as above
  std::rethrow_exception(std::exchange(error_, nullptr));
}

void report_here(const weir::report& r) noexcept {
  if (scheduler* sched = this_thread_context().sched; sched != nullptr)
    sched->report(r);
  else
    base::report_by_default(r);
}

void report_unhandled(const char* name, std::exception_ptr error) noexcept {
  report_here({report_kind::unhandled_exception, name != nullptr ? name : "", "posted work threw", std::move(error)});
}

void report_suppressed(const char* name, const std::exception_ptr& error) noexcept {
  if (outcome_of(error) != outcome::failed) return;
  if (traced(event::unobserved)) trace(event::unobserved, trace_current().id, 0, 0, name);
  report_here({report_kind::never_awaited, name, "an exception was suppressed by the one that was delivered", error});
}

}  // namespace weir::inline v0::detail
