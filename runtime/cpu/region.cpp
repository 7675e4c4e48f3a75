#include <weir/detail/executor_core.hpp>
#include <weir/detail/region.hpp>
#include <weir/detail/thread_context.hpp>
#include <weir/error.hpp>

#include <atomic>

#include "sync/join_flag.hpp"

namespace weir::inline v0::detail {

namespace {

// The way in for a thread that is no worker: a job on its stack, past admission, because the thread blocks on it.
// It counts as one job, so that a shutdown either refuses it or waits for it.
struct entry : job {
  entry(executor_core& e, void (*f)(void*) noexcept, void* a) noexcept
      : job{&act_on, "parallel"}, on{e}, fn{f}, arg{a} {}

  static outcome act_on(job* j, action) noexcept {  // never cancelled: its caller is waiting
    auto* const self = static_cast<entry*>(j);
    self->fn(self->arg);
    self->on.count_items(outcome::ok, 1);
    sync::join_flag::finish(self->state);  // the entry may be gone after this
    return outcome::internal;
  }

  executor_core& on;
  void (*fn)(void*) noexcept;
  void* arg;
  sync::join_flag::word state{sync::join_flag::open};
};

}  // namespace

void region::enter(executor_core& on, void (*fn)(void*) noexcept, void* arg) {
  if (on.is_worker_here()) return fn(arg);
  thread_context& here = this_thread_context();
  if (here.role == thread_role::reactor)
    throw would_deadlock{"weir: a parallel algorithm would block the reactor thread; use rt.cpu(f, args...)"};
  if (!on.attempt(1)) throw runtime_closed{};
  entry way_in{on, fn, arg};
  if (!on.enter(way_in)) {
    on.count_items(outcome::cancelled, 1);
    throw runtime_closed{};
  }
  if (here.blocking != nullptr) here.blocking(here, true);  // a worker of another runtime
  sync::join_flag::wait(way_in.state);
  if (here.blocking != nullptr) here.blocking(here, false);
}

bool region::many_workers(const executor_core& on) noexcept { return on.workers() > 1; }

void region::finish() const {
  if (first_) std::rethrow_exception(first_);
  if (cut_.load(std::memory_order_relaxed)) throw operation_cancelled{};
}

}  // namespace weir::inline v0::detail
