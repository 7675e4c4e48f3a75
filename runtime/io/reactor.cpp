#include "io/reactor.hpp"

#include <weir/detail/thread_context.hpp>
#include <weir/detail/trace.hpp>

#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <system_error>
#include <utility>

#include "io/epoll_backend.hpp"
#include "sync/cancel_bits.hpp"

namespace weir::inline v0::io {

detail::time_point system_now() noexcept { return std::chrono::steady_clock::now(); }

reactor::stop_message::stop_message(reactor& whose) noexcept
    : detail::job{[](detail::job* self, detail::action) noexcept {
        reactor& r = static_cast<stop_message*>(self)->owner;
        r.stopping_ = true;
        r.operations_.close();
        return detail::outcome::internal;
      }},
      owner{whose} {}

reactor::reactor(reactor_options options)
    : options_{std::move(options)},
      backend_{options_.readiness != nullptr
                   ? std::move(options_.readiness)
                   : make_epoll_backend(options_.calls != nullptr ? *options_.calls : syscalls::kernel())},
      operations_{{.readiness = *backend_,
                   .calls = options_.calls != nullptr ? *options_.calls : syscalls::kernel(),
                   .now = options_.now,
                   .on_report = options_.on_report}} {
  const int error = thread_.start(options_.thread_name, &reactor::thread_main, this, options_.create_thread);
  if (error != 0) throw std::system_error{error, std::system_category(), "weir: cannot create the reactor thread"};
}

reactor::~reactor() { stop(); }

void reactor::start(detail::operation& op) noexcept {
  const visit inside{visitors_};
  const bool sleep = op.what == detail::operation::kind::sleep;
  // counters: read by stats() only, they order nothing
  (sleep ? sleeps_submitted_ : others_submitted_).fetch_add(1, std::memory_order_relaxed);
  if (sleep && start_later(op)) return;
  if (submits_.push(&op)) wake();
}

// False: it is due before the reactor looks again.
bool reactor::start_later(detail::operation& op) noexcept {
  const std::int64_t due = std::min(since_epoch(op.deadline), everything_is_urgent - 1);
  if (due < wake_time_.announced()) return false;
  (void)later_.push(&op);  // op may be gone after it
  if (wake_time_.must_wake(due)) wake();
  return true;
}

void reactor::cancel(detail::operation& op) noexcept {
  const visit inside{visitors_};
  if (sync::cancel_bits::ask(op.state) && cancels_.push(&op)) wake();
}

void reactor::resume_io(detail::job& j) noexcept {
  if (on_reactor_thread()) return ready_.push(j);
  const visit inside{visitors_};
  if (jobs_.push(&j)) wake();
}

void reactor::resume_cpu(detail::job& j) noexcept { batch_.push(j); }

bool reactor::on_reactor_thread() const noexcept {
  const detail::thread_context& here = detail::this_thread_context();
  return here.role == detail::thread_role::reactor && here.engine == this;
}

void reactor::stop() noexcept {
  if (on_reactor_thread()) {
    std::fputs("weir: a runtime was stopped or destroyed on its own reactor thread\n", stderr);
    std::terminate();
  }
  if (!thread_.joinable()) return drain_late();
  if (jobs_.push(&stop_message_)) wake();
  thread_.join();
  // acquire: pairs with the end of each visit, so that what follows (our destruction) follows the visitor's last touch.
  while (visitors_.load(std::memory_order_acquire) != 0) sched_yield();
  drain_late();
}

// Nobody else runs what came too late. No owner can be waiting for a reactor that it has told to stop, so this finds
// work only when the order of shutdown was broken; it still ends exactly once.
void reactor::drain_late() noexcept {
  detail::thread_context& here = detail::this_thread_context();
  const detail::thread_context outside = std::exchange(here, {});
  here.role = detail::thread_role::reactor;
  here.sched = options_.sched;
  here.engine = this;
  while (read_mailboxes() || ready_.first != nullptr || batch_.first != nullptr) {
    while (ready_.first != nullptr) {
      detail::job& j = ready_.pop();
      j.act(&j, detail::action::cancel);
    }
    flush_batch();
  }
  here = outside;
}

void reactor::wake() noexcept {
  wakes_sent_.fetch_add(1, std::memory_order_relaxed);  // counter
  backend_->wake();
}

void reactor::thread_main(void* self) noexcept {
  auto& me = *static_cast<reactor*>(self);
  sigset_t pipe_signal;  // a write to a closed pipe is an error of that write, not the end of the program
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
  detail::thread_context& here = detail::this_thread_context();
  here.role = detail::thread_role::reactor;
  here.sched = me.options_.sched;
  here.engine = self;
  if (me.options_.on_thread_start) me.options_.on_thread_start();
  me.run();
  if (me.options_.on_thread_stop) me.options_.on_thread_stop();
  here = {};
}

reactor_stats reactor::stats() const noexcept {
  const auto read = [](const std::atomic<std::uint64_t>& cell) { return cell.load(std::memory_order_relaxed); };
  const operation_set::counters& ops = operations_.count();
  const std::uint64_t admitted = read(ops.sleeps);  // before the submitted ones: those on their way are not negative
  const std::uint64_t armed = read(ops.timers);
  const std::uint64_t sleeps = read(sleeps_submitted_);
  return {.submitted = sleeps + read(others_submitted_),
          .completed = read(ops.completed),
          .cancelled = read(ops.cancelled),
          .timers_armed = armed + (sleeps - admitted),
          .operations_waiting = read(ops.waiting),
          .turns = read(turns_),
          .sleeps = read(sleeps_),
          .wakes_sent = read(wakes_sent_),
          .wakes_needed = read(wakes_needed_),
          .continuations = continuation_.count(),
          .slow_continuations = read(slow_),
          .batches_flushed = read(flushes_),
          .jobs_flushed = read(flushed_),
          .lag_p50_ns = lag_.percentile(0.50),
          .lag_p99_ns = lag_.percentile(0.99),
          .lag_max_ns = lag_.max(),
          .continuation_p50_ns = continuation_.percentile(0.50),
          .continuation_p99_ns = continuation_.percentile(0.99),
          .continuation_max_ns = continuation_.max()};
}

}  // namespace weir::inline v0::io
