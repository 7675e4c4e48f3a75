#include <weir/detail/token_scope.hpp>

#include <utility>

#include <weir/detail/trampoline.hpp>

namespace weir::inline v0::detail {

void token_scope::begin(promise_base& parent, promise_base& child) noexcept {
  sched_ = parent.env.sched;
  name_ = child.task_name();
  scope_.attach(parent.env.stop);
  on_stop_.emplace(std::move(token_), request{this});
  child.start_under(parent);
  child.env.stop = &scope_;
  resume_next(child.self);
}

void token_scope::stop() noexcept {
  if (scope_.request_stop(stop_reason::cancelled)) note_ = grace_note::begin(*sched_, name_);
}

void token_scope::end() noexcept {
  on_stop_.reset();  // waits for a request in progress
  scope_.detach();
  if (note_ != nullptr) note_->end();
}

}  // namespace weir::inline v0::detail
