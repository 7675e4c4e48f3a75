#include "rt/runtime_impl.hpp"

#include <weir/detail/pool.hpp>
#include <weir/detail/thread_context.hpp>

#include <algorithm>
#include <stdexcept>

#include "base/cpu_count.hpp"
#include "base/fork_guard.hpp"

namespace weir::inline v0::detail {

namespace {

constexpr std::chrono::seconds grace{1};       // after which tasks that ignore their cancellation are reported
constexpr std::chrono::microseconds nap{200};  // between two looks of a destructor that waits for tasks to settle

const runtime_options& checked(const runtime_options& options) {
  base::refuse_in_forked_child();
  if (options.queue_capacity == 0) throw std::invalid_argument{"weir: runtime_options::queue_capacity must be >= 1"};
  if (options.queue_capacity > sync::credits::max_capacity)
    throw std::invalid_argument{"weir: runtime_options::queue_capacity is too large"};
  if (options.threads > base::most_threads)
    throw std::invalid_argument{"weir: runtime_options::threads must be <= " + std::to_string(base::most_threads)};
  if (options.on_full > on_full::run_inline)
    throw std::invalid_argument{"weir: runtime_options::on_full is none of wait, reject, run_inline"};
  if (options.blocking_threads == 0 || options.blocking_threads > 4096)
    throw std::invalid_argument{"weir: runtime_options::blocking_threads must be in [1, 4096]"};
  if (options.io_backend > io_backend::io_uring)
    throw std::invalid_argument{"weir: runtime_options::io_backend is none of automatic, epoll, io_uring"};
  if (options.io_backend == io_backend::io_uring)
    throw std::invalid_argument{"weir: runtime_options::io_backend: io_uring is not available in this version"};
  if (options.destructor_grace < options.destructor_grace.zero())
    throw std::invalid_argument{"weir: runtime_options::destructor_grace must be >= 0"};
  if (options.slow_continuation <= options.slow_continuation.zero())
    throw std::invalid_argument{"weir: runtime_options::slow_continuation must be > 0"};
  if (options.thread_name.find('\0') != std::string::npos)
    throw std::invalid_argument{"weir: runtime_options::thread_name has a zero byte"};
  if (options.spin < options.spin.zero()) throw std::invalid_argument{"weir: runtime_options::spin must be >= 0"};
  base::watch_forks();
  return options;
}

}  // namespace

runtime_impl::runtime_impl(runtime& facade, const runtime_options& options)
    : facade_{facade},
      reports_{checked(options).on_report, base::process_stderr(), options.strict},
      reactor_{reactor_options_of(*this, options)},
      workers_{engine_options_of(*this, options)},
      blocking_{blocking_options_of(*this, options)},
      cpu_{workers_, static_cast<cpu::full_policy>(options.on_full), *this, delayed_},
      destructor_grace_{options.destructor_grace} {}

cpu::engine_options runtime_impl::engine_options_of(runtime_impl& self, const runtime_options& options) {
  cpu::engine_options e;
  e.workers = options.threads != 0 ? options.threads : base::default_thread_count();
  e.queue_capacity = options.queue_capacity;
  e.name = options.thread_name;
  e.spin = options.spin;
  e.on_thread_start = self.hooks_.hold(options.on_thread_start);
  e.on_thread_stop = self.hooks_.hold(options.on_thread_stop);
  e.sched = &self;
  e.on_report = [&self](const weir::report& r) { self.reports_.report(r); };
  return e;
}

rt::blocking_pool_options runtime_impl::blocking_options_of(runtime_impl& self, const runtime_options& options) {
  rt::blocking_pool_options b;
  b.max_threads = options.blocking_threads;
  b.thread_name = options.thread_name.substr(0, 8) + "-blk";
  b.sched = &self;
  b.on_report = [&self](const weir::report& r) { self.reports_.report(r); };
  return b;
}

io::reactor_options runtime_impl::reactor_options_of(runtime_impl& self, const runtime_options& options) {
  io::reactor_options r;
  r.flush = [](void* impl, job* chain, std::size_t) noexcept {
    job* const oldest = chain;  // the inbox takes a chain newest first
    job* newest = std::exchange(chain, chain->next);
    newest->next = nullptr;
    while (chain != nullptr) {
      job* const next = chain->next;
      chain->next = newest;
      newest = std::exchange(chain, next);
    }
    static_cast<runtime_impl*>(impl)->workers_.resume_chain(*newest, *oldest);
  };
  r.arena = &self;
  r.sched = &self;
  r.on_report = [&self](const weir::report& rep) { self.reports_.report(rep); };
  r.slow_continuation = options.slow_continuation;
  r.thread_name = options.thread_name.substr(0, 12) + "-io";
  return r;
}

void runtime_impl::resume(job& j, home where) noexcept {
  if (where == home::io)
    reactor_.resume_io(j);
  else if (reactor_.on_reactor_thread())
    reactor_.resume_cpu(j);
  else
    workers_.resume(j);
}

bool runtime_impl::on(home where) const noexcept {
  return where == home::io ? reactor_.on_reactor_thread() : workers_.is_worker_here();
}

// Counted before the look: the task is refused or waited for (sync/entrance.hpp, E3).
bool runtime_impl::admit_task() noexcept {
  tasks_.started();
  if (tasks_open_.may_enter() && !base::in_forked_child()) return true;
  tasks_.withdrawn();
  return false;
}

bool runtime_impl::is_own_thread() const noexcept {
  const thread_context& here = this_thread_context();
  return here.role != thread_role::outside && here.sched == this;
}

bool runtime_impl::wait_idle(time_point deadline) {
  for (;;) {  // a task may submit jobs and a job may start tasks: both must be quiet at once
    if (!workers_.wait_quiet(deadline) || !tasks_.wait_none(deadline)) return false;
    if (!blocking_.wait_none_abandoned(deadline)) return false;  // they were tasks', and counted before these ended
    if (workers_.quiet() && tasks_.live() == 0) return true;
  }
}

shutdown_report runtime_impl::shutdown(shutdown_mode mode, time_point deadline) {
  std::unique_lock lock{shutdown_mutex_};
  if (shut_) return *shut_;
  if (std::exchange(shutdown_led_, true)) {
    lock.unlock();
    end_by(mode, deadline);
    lock.lock();
    shutdown_over_.wait(lock, [this] { return shut_.has_value(); });
    return *shut_;
  }
  lock.unlock();
  const shutdown_report r = lead_shutdown(mode, deadline);
  lock.lock();
  shut_ = r;
  shutdown_over_.notify_all();
  return r;
}

// Until everything has ended. Any number of callers at once: each cancels at most what another one would wait for.
void runtime_impl::end_by(shutdown_mode mode, time_point deadline) {
  if (mode == shutdown_mode::discard) cancel_rest();
  if (wait_idle(deadline)) return;
  const bool first = !overdue_.exchange(true, sync::memory_order_relaxed);  // elects who reports
  cancel_rest();
  if (first)
    wait_for_the_last();
  else
    (void)wait_idle(time_point::max());
}

shutdown_report runtime_impl::lead_shutdown(shutdown_mode mode, time_point deadline) {
  const cpu::engine_counts before = workers_.counts();
  const std::uint64_t tasks_before = tasks_.cancelled();
  close_admission();
  end_by(mode, deadline);
  stop_threads();
  shutdown_report r;
  r.in_time = !overdue_.load(sync::memory_order_relaxed);
  const cpu::engine_counts after = workers_.counts();
  r.finished = after.ok + after.failed - before.ok - before.failed;
  r.cancelled = after.cancelled - before.cancelled;
  r.delayed_cancelled = delayed_.cancelled();
  r.tasks_cancelled = tasks_.cancelled() - tasks_before;
  return r;
}

void runtime_impl::finish_and_stop() noexcept {
  {
    const std::lock_guard lock{shutdown_mutex_};
    if (shut_) return;
  }
  close_admission();
  (void)workers_.wait_quiet(time_point::max());
  const time_point begun = now();
  const time_point patience =
      destructor_grace_ > time_point::max() - begun ? time_point::max() : begun + destructor_grace_;
  bool at_rest = false;
  while (tasks_.live() != 0 && !(at_rest = nothing_runnable()) && now() < patience) (void)tasks_.wait_none(now() + nap);
  if (const std::uint64_t left = tasks_.live(); left != 0) {
    const std::string message =
        std::to_string(left) +
        (at_rest ? " task(s) still waited for something when the runtime was destroyed: cancelled"
                 : " task(s) ran on after the runtime was destroyed: cancelled") +
        named_.names();
    reports_.report({report_kind::dropped, {}, message, nullptr});
    stop_all_.request_stop(stop_reason::cancelled);
  }
  wait_for_the_last();
  stop_threads();
  shut_.emplace();
}

// Outside submissions end here, and delayed jobs that have not been handed in. Work that runs may still submit: it
// belongs to what is drained.
void runtime_impl::close_admission() {
  delayed_.close();
  tasks_open_.close();
  workers_.close();
}

void runtime_impl::cancel_rest() {
  workers_.discard();
  stop_all_.request_stop(stop_reason::cancelled);
}

// Work is never abandoned. What ignores its cancellation is named after the grace time, and waited for.
void runtime_impl::wait_for_the_last() {
  if (wait_idle(now() + grace)) return;
  const std::uint64_t calls = blocking_.stats().abandoned;
  const std::string abandoned = calls == 0 ? "" : " and " + std::to_string(calls) + " abandoned blocking call(s)";
  const std::string message = std::to_string(tasks_.live()) + " task(s)" + named_.names() + " and " +
                              std::to_string(workers_.queue().credits_in_use()) + " job(s)" + workers_.running_names() +
                              abandoned + " run on after the runtime asked them to stop";
  reports_.report({report_kind::uncancellable, {}, message, nullptr});
  (void)wait_idle(time_point::max());
}

bool runtime_impl::nothing_runnable() const noexcept {
  const rt::blocking_stats calls = blocking_.stats();
  return calls.submitted == calls.ran + calls.cancelled && workers_.asleep() && reactor_.idle();
}

void runtime_impl::stop_threads() noexcept {
  workers_.close_fully();
  blocking_.stop(rt::blocking_pool::stop_mode::discard);
  workers_.stop();
  reactor_.stop();
}

runtime_stats runtime_impl::stats() const {
  runtime_stats s;
  const cpu::engine_counts jobs = workers_.counts();
  s.jobs_attempted = jobs.attempts;
  s.jobs_ok = jobs.ok;
  s.jobs_failed = jobs.failed;
  s.jobs_cancelled = jobs.cancelled;
  s.jobs_rejected = jobs.rejected;
  s.jobs_stolen = jobs.stolen;
  s.queue_capacity_items = workers_.queue().capacity();
  s.queue_in_use_items = workers_.queue().credits_in_use();
  s.queue_high_water_items = workers_.queue().high_water();
  s.workers = workers_.workers();
  s.workers_granted = workers_.granted();
  s.worker_parks = jobs.parked;
  const rt::blocking_stats calls = blocking_.stats();
  s.blocking_threads = static_cast<unsigned>(calls.threads);
  s.blocking_queued_items = calls.queued;
  s.blocking_high_water_items = calls.queued_high_water;
  s.blocking_abandoned_items = calls.abandoned;
  s.tasks_started = tasks_.started_total();
  s.tasks_ok = tasks_.ok();
  s.tasks_failed = tasks_.failed();
  s.tasks_cancelled = tasks_.cancelled();
  const io::reactor_stats io = reactor_.stats();
  s.io_submitted = io.submitted;
  s.io_completed = io.completed;
  s.io_cancelled = io.cancelled;
  s.reactor_turns = io.turns;
  s.reactor_wakes = io.wakes_sent;
  s.reactor_lag_p50_ns = io.lag_p50_ns;
  s.reactor_lag_p99_ns = io.lag_p99_ns;
  s.reactor_lag_max_ns = io.lag_max_ns;
  s.longest_continuation_ns = io.continuation_max_ns;
  s.timers_armed = io.timers_armed;
  s.delayed_jobs = delayed_.size();
  const pool_snapshot pool = pool_stats();
  s.pool_reserved_bytes = pool.bytes_reserved;
  s.pool_live_blocks = pool.blocks_live;
  s.pool_upstream = pool.upstream;
  s.reports = reports_.counts();
  return s;
}

}  // namespace weir::inline v0::detail
