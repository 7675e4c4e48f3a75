// cpu/tenancy.hpp - the time during which a thread holds a slot.                               [floor: cpu]
//
// Fills the thread's context (who am I, whose slot, which hooks) and puts back what was there before; calls the user's
// start and stop hooks in pairs on the worker's own thread. A hook that throws is reported, the worker goes on.
#pragma once

#include "cpu/engine.hpp"

namespace weir::inline v0::cpu {

class tenancy {
 public:
  explicit tenancy(slot& s) noexcept : slot_{s}, before_{detail::this_thread_context()} {
    detail::thread_context& here = detail::this_thread_context();
    here.role = detail::thread_role::worker;
    here.index = s.index;
    here.sched = s.owner->options().sched;
    here.engine = &s;
    detail::this_fork_seat = &s.forks;
    here.blocking = &engine::blocking;
    here.count = &engine::count_helped;
    call(s.owner->options().on_thread_start);
  }

  ~tenancy() {
    call(slot_.owner->options().on_thread_stop);
    detail::this_thread_context() = before_;
    detail::this_fork_seat = seat_before_;
  }

  tenancy(const tenancy&) = delete;
  tenancy& operator=(const tenancy&) = delete;

 private:
  void call(const std::function<void(unsigned)>& hook) const noexcept {
    if (!hook) return;
    const engine_options& options = slot_.owner->options();
    try {
      hook(slot_.index);
    } catch (...) {
      if (options.on_report)
        options.on_report(
            {report_kind::unhandled_exception, options.name, "a thread hook threw", std::current_exception()});
    }
  }

  slot& slot_;
  const detail::thread_context before_;
  detail::fork_seat* const seat_before_ = detail::this_fork_seat;
};

}  // namespace weir::inline v0::cpu
