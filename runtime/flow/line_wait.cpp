#include <weir/detail/line_wait.hpp>

#include <cstdio>
#include <exception>

#include <weir/error.hpp>

namespace weir::inline v0::detail {

line_of_tasks::~line_of_tasks() {
  if (in_line() == 0) return;
  std::fprintf(stderr, "weir: an %s was destroyed with %zu tasks waiting\n", kind_, in_line());
  std::terminate();
}

void line_awaiter::begin(promise_base& task) noexcept {
  how = wait_end::stopped;
  if (!stopped_before(task)) {
    wake_list wakes;
    const hold guard{at_->lock};
    if (at_->passes_(*at_, wakes)) {
      how = wait_end::done;
      passed_ = true;
    } else if (may_wait(wait_cause::condition, at_)) {
      how = wait_end::none;
      return at_->line.add(*this);  // it may be resumed elsewhere from the unlock on
    }
  }
  task.go_on();
}

bool line_awaiter::end() {
  end_wait();
  if (how == wait_end::stopped) throw operation_cancelled{};
  return passed_;
}

void line_awaiter::withdraw(parked_task& t) noexcept {
  auto& me = static_cast<line_awaiter&>(t);
  wake_list wakes;
  const hold guard{me.at_->lock};
  if (me.in_line) wakes.settle(me.at_->line, me, wait_end::stopped);
}

}  // namespace weir::inline v0::detail
