#include "io/operation_set.hpp"

#include <weir/detail/trace.hpp>

#include <string.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/add_alone.hpp"
#include "sync/cancel_bits.hpp"

namespace weir::inline v0::io {

namespace {

using detail::event;
using detail::trace;
using detail::trace_id;
using detail::traced;
using kind = detail::operation::kind;
using verdict = attempt_result::verdict;

constexpr std::chrono::milliseconds listener_pause{50};
constexpr std::chrono::milliseconds connect_pause{5};

std::uint64_t until(detail::time_point deadline, detail::time_point now) noexcept {
  return deadline > now ? static_cast<std::uint64_t>((deadline - now).count()) : 0;
}

unsigned trace_flags(const detail::operation& op) noexcept {
  return static_cast<unsigned>(op.what) | (op.deadline != detail::time_point{} ? 0x100U : 0U);
}

bool is_poll(kind what) noexcept { return what == kind::poll_in || what == kind::poll_out; }

}  // namespace

void operation_set::admit(operation& op) noexcept {
  ++live_;
  if (op.what == kind::sleep) base::add_alone(count_.sleeps, 1);
  trace(event::io_submit, trace_id(&op), static_cast<std::uint64_t>(op.fd), trace_flags(op));
  admitting_ = &op;
  admit_now(op);
  admitting_ = nullptr;
}

void operation_set::admit_now(operation& op) noexcept {
  if (op.where == cancelled_early) {  // its message came first, so nothing is under way
    --early_messages_;
    op.result = -ECANCELED;
    deliver(op);
  } else if (closed_ || sync::cancel_bits::asked(op.state)) {
    finish(op, -ECANCELED);
  } else if (op.what == kind::sleep) {
    arm(op);
  } else {
    try_or_wait(op);
  }
}

void operation_set::try_or_wait(operation& op) noexcept {
  fd_entry* const entry = entry_for(op);
  if (entry == nullptr) return finish(op, op.fd < 0 ? -EBADF : -ENOMEM);
  const waiter_list& before = waits_for_input(op.what) ? entry->readers : entry->writers;
  if (!before.empty() && !is_poll(op.what)) return enqueue(*entry, op);  // (I4)
  const attempt_result tried = attempt(op, env_.calls);
  switch (tried.how) {
    case verdict::done:
      if (op.what == kind::accept && tried.value >= 0) entry->accept_reported = false;
      return finish(op, tried.value);
    case verdict::back_off:
      return back_off(op, tried.value);
    case verdict::wait:
      return wait_for_fd(op);
  }
}

void operation_set::wait_for_fd(operation& op) noexcept {
  fd_entry& entry = *fds_.find(op.fd);
  enqueue(entry, op);
  const int refused = watch(entry, op);
  if (refused == 0) return;
  unlink(op);
  // A file that epoll cannot watch is always ready; the others were tried and are not, which no file should be.
  finish(op, refused == -EPERM && is_poll(op.what) ? 0 : refused);
}

// An edge watch lasts for the life of the descriptor, so it is asked for once. A poll wants the state, not the change,
// and a foreign number may have been closed unseen: these ask again each time, which reports what is ready already.
int operation_set::watch(fd_entry& entry, const operation& op) noexcept {
  if (entry.watched && !is_poll(op.what)) return 0;
  const bool owned = entry.generation != 0;
  watch_mode mode = watch_mode::edge;
  if (!owned) {
    mode = entry.writers.empty()   ? watch_mode::once_in
           : entry.readers.empty() ? watch_mode::once_out
                                   : watch_mode::once_both;
  }
  if (!entry.watched) entry.tag = ++next_tag_;
  const int refused = env_.readiness.watch(op.fd, entry.tag, mode);
  entry.watched = owned && refused == 0;
  return refused;
}

fd_entry* operation_set::entry_for(operation& op) noexcept {
  fd_entry* const entry = fds_.at(op.fd);
  if (entry == nullptr || entry->generation == op.generation) return entry;
  // Another life of the number. Whoever still waits for the earlier one waits for a descriptor that is gone.
  end_all(*entry, -EBADF);
  entry->generation = op.generation;
  entry->watched = entry->accept_reported = false;
  return entry;
}

void operation_set::end_all(fd_entry& entry, std::int64_t result) noexcept {
  for (waiter_list* waiters : {&entry.readers, &entry.writers}) {
    while (operation* const op = waiters->front()) {
      unlink(*op);
      finish(*op, result);
    }
  }
}

void operation_set::back_off(operation& op, std::int64_t why) noexcept {
  if (op.what == kind::accept) report_shortage(fds_.find(op.fd), op, why);
  op.deadline = env_.now() + (op.what == kind::accept ? listener_pause : connect_pause);
  arm(op);
}

void operation_set::arm(operation& op) noexcept {
  op.where = in_heap;
  timers_.push(op);
  base::add_alone(count_.timers, 1);
  if (traced(event::timer_arm)) [[unlikely]]
    trace(event::timer_arm, trace_id(&op), until(op.deadline, env_.now()));
}

void operation_set::on_ready(const ready_event& event) noexcept {
  fd_entry* const entry = fds_.find(event.fd);
  if (entry == nullptr || entry->tag != event.tag) return;  // (reuse) an earlier watch
  if (event.in) serve(*entry, entry->readers);
  if (event.out) serve(*entry, entry->writers);
  if (entry->generation != 0 || entry->idle()) return;
  operation& next = entry->readers.empty() ? *entry->writers.front() : *entry->readers.front();
  if (const int refused = watch(*entry, next); refused != 0) end_all(*entry, refused);
}

void operation_set::serve(fd_entry& entry, waiter_list& waiters) noexcept {
  while (operation* const op = waiters.front()) {
    const attempt_result tried = is_poll(op->what) ? attempt_result{verdict::done} : attempt(*op, env_.calls);
    if (tried.how == verdict::wait) return;
    unlink(*op);
    if (tried.how == verdict::back_off) {
      back_off(*op, tried.value);
      continue;
    }
    if (op->what == kind::accept && tried.value >= 0) entry.accept_reported = false;
    finish(*op, tried.value);
  }
}

std::chrono::nanoseconds operation_set::fire_due(detail::time_point now) noexcept {
  std::chrono::nanoseconds late{0};
  while (operation* const op = timers_.earliest()) {
    if (op->deadline > now) break;
    const std::chrono::nanoseconds lateness = now - std::max(op->deadline, now - std::chrono::hours{1});  // no overflow
    late = std::max(late, lateness);
    trace(event::timer_fire, trace_id(op), static_cast<std::uint64_t>(lateness.count()));
    unlink(*op);
    if (op->what == kind::sleep)
      finish(*op, 0);
    else
      try_or_wait(*op);
  }
  return late;
}

void operation_set::cancel_message(operation& op) noexcept {
  switch (op.where) {
    case unseen:
      op.where = cancelled_early;
      ++early_messages_;
      return;
    case needs_message:
      return deliver(op);
    case waiting: {
      fd_entry& entry = *fds_.find(op.fd);
      unlink(op);
      if (entry.generation == 0 && entry.idle()) env_.readiness.unwatch(op.fd);
      break;
    }
    default:
      unlink(op);
      break;
  }
  static_cast<void>(sync::cancel_bits::complete(op.state));
  op.result = -ECANCELED;
  deliver(op);
}

void operation_set::close() noexcept {
  closed_ = true;
  while (operation* const op = timers_.earliest()) {
    unlink(*op);
    finish(*op, -ECANCELED);
  }
  fds_.for_each_busy([this](fd_entry& entry) { end_all(entry, -ECANCELED); });
}

void operation_set::enqueue(fd_entry& entry, operation& op) noexcept {
  op.where = waiting;
  (waits_for_input(op.what) ? entry.readers : entry.writers).push_back(op);
  base::add_alone(count_.waiting, 1);
}

void operation_set::unlink(operation& op) noexcept {
  if (op.where == in_heap) {
    timers_.remove(op);
    base::add_alone(count_.timers, static_cast<std::uint64_t>(-1));
  } else {
    fd_entry& entry = *fds_.find(op.fd);
    (waits_for_input(op.what) ? entry.readers : entry.writers).remove(op);
    base::add_alone(count_.waiting, static_cast<std::uint64_t>(-1));
  }
}

void operation_set::finish(operation& op, std::int64_t result) noexcept {
  op.result = result;
  op.where = needs_message;
  if (sync::cancel_bits::complete(op.state)) deliver(op);  // else (I3)
}

void operation_set::deliver(operation& op) noexcept {
  --live_;
  base::add_alone(op.result == -ECANCELED ? count_.cancelled : count_.completed, 1);
  trace(event::io_complete, trace_id(&op), static_cast<std::uint64_t>(op.result), &op == admitting_ ? 1 : 0);
  op.complete(op);
}

void operation_set::report_shortage(fd_entry* entry, const operation& op, std::int64_t why) noexcept {
  if (entry->accept_reported) return;
  entry->accept_reported = true;
  if (!env_.on_report) return;
  std::array<char, 160> text;
  std::snprintf(text.data(), text.size(), "accept on descriptor %d: %s; pausing this listener for %lld ms at a time",
                op.fd, strerrordesc_np(static_cast<int>(-why)), static_cast<long long>(listener_pause.count()));
  env_.on_report({.kind = report_kind::resource, .name = "accept", .message = text.data(), .error = nullptr});
}

}  // namespace weir::inline v0::io
