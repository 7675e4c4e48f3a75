// The group's own state; its awaiters are in group_awaiters.cpp, its children in group_child.cpp.
#include <weir/task_group.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include <weir/detail/saturating.hpp>
#include <weir/detail/task_trace.hpp>

namespace weir::inline v0 {

using detail::group_child;
using detail::outcome;
using detail::spin_guard;
using detail::stop_reason;

task_group::task_group(const group_options& options) noexcept : scope_watch{&quiet, &overdue}, options_{options} {}

task_group::task_group(runtime_handle rt, const group_options& options) : task_group{options} {
  open(detail::environment::of_root(rt.scheduler(), nullptr, detail::home::cpu));
}

task_group::~task_group() {
  if (joined_ || !needs_join_) return;
  std::fprintf(stderr, "weir: task_group '%s' was destroyed without join(); live tasks: %zu\n", options_.name, live_);
  for (const auto* c = children_; c != nullptr; c = c->next) std::fprintf(stderr, "weir:   %s\n", c->task->task_name());
  std::terminate();
}

void task_group::open(const detail::environment& opener) noexcept {
  inside_ = opener;
  inside_.stop = &scope_;
  if (options_.children_on) inside_.where = *options_.children_on;
  scope_.attach(opener.stop);
  if (detail::traced(detail::event::group_begin)) [[unlikely]]
    detail::trace_in(inside_, detail::event::group_begin, this,
                     opener_ != nullptr ? detail::trace_chain_of(*opener_) : 0, 0, options_.name);
  scope_watch::open(*opener.sched, scope_, options_.grace);
  auto deadline = options_.deadline;
  if (options_.timeout != options_.timeout.max())
    deadline = std::min(deadline, detail::saturating_add(opener.sched->now(), options_.timeout));
  if (deadline >= scope_.deadline()) return;  // none, or an outer one comes first and acts for us
  scope_.limit_deadline(deadline);
  needs_join_ = true;
  if (!inside_.muted) traced_as(detail::trace_id(this));
  arm(deadline);
}

task_group::verdict task_group::try_admit(group_child& child) noexcept {
  if (closed_) return verdict::closed;
  if (scope_.stop_requested()) return verdict::stopped;
  if (live_ == options_.limit.count()) return verdict::full;
  ++live_;
  peak_ = std::max(peak_, live_);
  needs_join_ = true;
  child.next = children_;
  if (children_ != nullptr) children_->prev = &child;
  children_ = &child;
  return verdict::admitted;
}

void task_group::leave(group_child& child, outcome how) noexcept {
  {
    const spin_guard guard{lock_};
    (child.prev != nullptr ? child.prev->next : children_) = child.next;
    if (child.next != nullptr) child.next->prev = child.prev;
  }
  if (how != outcome::ok) record(child.task->error, how, false);
}

void task_group::record(const std::exception_ptr& error, outcome how, bool body) noexcept {
  {
    const spin_guard guard{lock_};
    if (how == outcome::cancelled && scope_.stop_requested()) {
      if (body)
        body_cancelled_ = true;
      else
        ++cancelled_;
      return;
    }
    if (failure_) {
      if (error != failure_) ++suppressed_;  // the same one comes back through an awaited handle
      return;
    }
    failure_ = error;
  }
  if (body || options_.on_failure == failure_policy::cancel_siblings) stop(stop_reason::cancelled);
}

void task_group::release_slot() noexcept {
  for (;;) {
    detail::spawn_awaiter_base* spawner = nullptr;
    bool ended = false;
    {
      const spin_guard guard{lock_};
      --live_;
      spawner = take_waiting();
      if (spawner != nullptr) {
        spawner->verdict_ = try_admit(*spawner->child_);
        if (spawner->verdict_ != verdict::admitted) ++live_;  // refused: look at the next one with the same slot
      } else {
        ended = joining_ && live_ == 0;
        closed_ = closed_ || ended;
      }
    }
    if (spawner == nullptr) {
      if (ended) scope_watch::close();  // the group may be gone after this
      return;
    }
    const bool admitted = spawner->verdict_ == verdict::admitted;
    if (admitted) spawner->start_child();
    spawner->task_->wake();  // the spawner may be gone after this
    if (admitted) return;
  }
}

void task_group::join_for(detail::promise_base& joiner) noexcept {
  joiner_ = &joiner;
  bool ended = false;
  {
    const spin_guard guard{lock_};
    joining_ = true;
    ended = live_ == 0;
    closed_ = closed_ || ended;
  }
  if (ended) scope_watch::close();
}

void task_group::rethrow_failure() {
  joined_ = true;
  detail::trace_in(inside_, detail::event::group_end, this);
  scope_.detach();
  if (suppressed_ != 0)
    sched().report({report_kind::never_awaited, options_.name,
                    std::to_string(suppressed_) + " failures in this group were suppressed by the first one",
                    failure_});
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  const auto message = [this](const std::string& what) {
    return std::string{"weir: group '"} + options_.name + "'" + what;
  };
  if (scope_.reason() == stop_reason::timed_out && (body_cancelled_ || cancelled_ != 0))
    throw operation_timed_out{message(" timed out")};
  if (body_cancelled_ && cancel_called_) throw operation_cancelled{message(std::string{": "} + cancel_reason_)};
  if (body_cancelled_ || (cancelled_ != 0 && !cancel_called_)) throw operation_cancelled{message(" was stopped")};
}

void task_group::cancel(const char* reason) noexcept {
  {
    const spin_guard guard{lock_};
    if (!cancel_called_ && !scope_.stop_requested()) {
      cancel_called_ = true;
      cancel_reason_ = reason;
    }
  }
  detail::trace_in(inside_, detail::event::stop_request, this, 1);
  stop(stop_reason::cancelled);
}

void task_group::close() noexcept {
  const spin_guard guard{lock_};
  closed_ = true;
}

std::size_t task_group::live() const noexcept {
  const spin_guard guard{lock_};
  return live_;
}

std::size_t task_group::peak() const noexcept {
  const spin_guard guard{lock_};
  return peak_;
}

std::size_t task_group::waiting() const noexcept {
  const spin_guard guard{lock_};
  return waiting_;
}

std::size_t task_group::suppressed() const noexcept {
  const spin_guard guard{lock_};
  return suppressed_;
}

std::vector<const char*> task_group::names() const {
  std::vector<const char*> result(options_.limit.count() < 1024 ? options_.limit.count() : live() + 1024);
  std::size_t found = 0;
  {
    const spin_guard guard{lock_};  // nothing is allocated in here
    for (const auto* c = children_; c != nullptr && found < result.size(); c = c->next)
      result[found++] = c->task->task_name();
  }
  result.resize(found);
  return result;
}

void task_group::quiet(grace_watch& self) noexcept { static_cast<task_group&>(self).joiner_->wake(); }

void task_group::overdue(grace_watch& self) noexcept {
  auto& me = static_cast<task_group&>(self);
  try {
    for (const char* task : me.names())
      me.sched().report(
          {report_kind::uncancellable, task,
           std::string{"still running after the grace time that followed the stop of group '"} + me.options_.name + "'",
           nullptr});
  } catch (...) {
    me.sched().report({report_kind::uncancellable, me.options_.name, "still running after its grace time", nullptr});
  }
}

}  // namespace weir::inline v0
