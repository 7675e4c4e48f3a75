#include <weir/detail/when_scope.hpp>

#include <algorithm>
#include <utility>

#include <weir/detail/trampoline.hpp>
#include <weir/error.hpp>

namespace weir::inline v0::detail {

void when_scope::begin(promise_base& parent, promise_base** children, std::size_t count, std::size_t window) noexcept {
  parent_ = awaiting = &parent;
  children_ = children;
  count_ = count;
  if (count == 0) return resume_next(parent.self);
  scope_.attach(parent.env.stop);
  environment inside = parent.env;
  inside.stop = &scope_;
  for (std::size_t i = 0; i < count; ++i) children[i]->start_for(*this, inside);

  // The first child goes on on this thread, the others are queued. Once one is queued it may end and start the next, so
  // next_ and running_ are settled before, and none but the first is touched after.
  const std::size_t first_wave = std::min(window, count);
  next_ = running_ = first_wave;
  for (std::size_t i = 1; i < first_wave; ++i) children[i]->wake();
  resume_next(children[0]->self);
}

bool when_scope::record_failure(promise_base& child) noexcept {
  {
    const spin_guard guard{lock_};
    if (!failure_) {
      failure_ = child.error;
      return true;
    }
  }
  if (outcome_of(child.error) == outcome::failed)
    child.env.sched->report({report_kind::never_awaited, child.task_name(),
                             "an exception was suppressed by the earlier one of a sibling", child.error});
  return false;
}

void when_scope::child_done(task_owner& self, promise_base& child) noexcept {
  auto& me = static_cast<when_scope&>(self);
  if (child.error && me.record_failure(child)) me.scope_.request_stop(stop_reason::cancelled);

  promise_base* next = nullptr;
  bool last = false;
  {
    const spin_guard guard{me.lock_};
    if (me.next_ < me.count_ && !me.scope_.stop_requested())
      next = me.children_[me.next_++];
    else
      last = --me.running_ == 0;
  }
  if (next != nullptr)
    next->pass_on(child);
  else if (last)
    me.parent_->pass_on(child);
}

void when_scope::end() {
  scope_.detach();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (next_ < count_) throw operation_cancelled{};
}

}  // namespace weir::inline v0::detail
