#include "rt/blocking_pool.hpp"

#include <weir/detail/thread_context.hpp>
#include <weir/detail/trace.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/fork_guard.hpp"

namespace weir::inline v0::rt {
namespace {

std::uint64_t nanoseconds_from(std::chrono::steady_clock::time_point a, std::chrono::steady_clock::time_point b) {
  return static_cast<std::uint64_t>(std::max<std::chrono::nanoseconds::rep>((b - a).count(), 0));
}

}  // namespace

blocking_pool::blocking_pool(blocking_pool_options options)
    : options_{std::move(options)}, max_threads_{options_.max_threads} {
  if (options_.max_threads == 0) throw std::invalid_argument{"weir: blocking_threads must be at least 1"};
}

blocking_pool::~blocking_pool() { stop(stop_mode::discard); }

void blocking_pool::run(detail::blocking_job& j) noexcept {
  int refused = 0;
  bool report = false, cancel = false;
  j.since = std::chrono::steady_clock::now();
  {
    const std::lock_guard hold{mutex_};
    ++count_.submitted;
    cancel = stopping_ || j.at == detail::blocking_job::place::withdrawn;
    if (!cancel && count_.queued + 1 > count_.idle_threads && serving() < max_threads_) {
      refused = add_thread();
      cancel = refused != 0 && count_.threads == 0;
      if (refused == 0) {
        refusal_reported_ = false;
      } else {
        ++count_.threads_refused;
        report = cancel || !std::exchange(refusal_reported_, true);
      }
    }
    if (cancel) {
      ++count_.cancelled;
      j.at = detail::blocking_job::place::taken;
    } else {
      enqueue(j);
      work_or_stop_.notify_one();  // within the lock: j's end may be the end of a pool of another runtime
    }
  }
  if (report) report_refusal(refused, cancel);
  if (cancel) j.act(&j, detail::action::cancel);
}

// The line, with the lock held.
void blocking_pool::enqueue(detail::blocking_job& j) noexcept {
  j.next = nullptr;
  j.ahead = last_;
  if (last_ != nullptr)
    last_->next = &j;
  else
    first_ = &j;
  last_ = &j;
  j.at = detail::blocking_job::place::in_line;
  count_.queued_high_water = std::max(++count_.queued, count_.queued_high_water);
}

void blocking_pool::unlink(detail::blocking_job& j) noexcept {
  auto* const behind = static_cast<detail::blocking_job*>(j.next);
  if (j.ahead != nullptr)
    j.ahead->next = behind;
  else
    first_ = behind;
  (behind != nullptr ? behind->ahead : last_) = j.ahead;
  j.at = detail::blocking_job::place::taken;
  --count_.queued;
}

detail::blocking_job::place blocking_pool::withdraw(detail::blocking_job& j) noexcept {
  using place = detail::blocking_job::place;
  const std::lock_guard hold{mutex_};
  const place was = j.at;
  if (was == place::outside) j.at = place::withdrawn;
  if (was != place::in_line) return was;
  unlink(j);
  ++count_.cancelled;
  return was;
}

// A thread that cannot be had is counted, and asked for again by the next call.
void blocking_pool::set_max_threads(std::size_t n) noexcept {
  {
    const std::lock_guard hold{mutex_};
    max_threads_ = n;
    for (std::size_t waits = count_.queued; !stopping_ && waits > count_.idle_threads && serving() < n; --waits) {
      if (add_thread() == 0) continue;
      ++count_.threads_refused;
      break;
    }
  }
  work_or_stop_.notify_all();
}

void blocking_pool::abandoned(bool begins) noexcept {
  const std::lock_guard hold{mutex_};
  count_.abandoned += begins ? 1U : ~std::uint64_t{0};
  if (count_.abandoned == 0) none_abandoned_.notify_all();
}

bool blocking_pool::wait_none_abandoned(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock hold{mutex_};
  const auto none = [this] { return count_.abandoned == 0; };
  if (deadline != std::chrono::steady_clock::time_point::max()) return none_abandoned_.wait_until(hold, deadline, none);
  none_abandoned_.wait(hold, none);
  return true;
}

// With the lock held. 0 or an errno.
int blocking_pool::add_thread() noexcept {
  auto at = std::ranges::find_if(workers_, [](const auto& w) { return w->is != worker::state::live; });
  if (at == workers_.end()) {
    try {
      workers_.push_back(std::make_unique<worker>(*this, static_cast<unsigned>(workers_.size())));
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    }
    at = workers_.end() - 1;
  }
  if ((*at)->is == worker::state::ended) {
    try {
      auto fresh = std::make_unique<worker>(*this, (*at)->slot);
      fresh->before = std::move(*at);
      *at = std::move(fresh);
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    }
  }
  worker& free = **at;
  std::array<char, 32> name;
  std::snprintf(name.data(), name.size(), "%.12s-%u", options_.thread_name.c_str(), free.slot);
  const int error = free.thread.start(name.data(), &blocking_pool::thread_main, &free, options_.create_thread);
  free.is = error == 0 ? worker::state::live : worker::state::vacant;
  if (error != 0) return error;
  ++count_.threads_started;
  count_.threads_high_water = std::max(++count_.threads, count_.threads_high_water);
  return 0;
}

void blocking_pool::thread_main(void* self) noexcept {
  worker& me = *static_cast<worker*>(self);
  detail::thread_context& here = detail::this_thread_context();
  here.role = detail::thread_role::blocking;
  here.index = me.slot;
  here.sched = me.pool->options_.sched;
  here.engine = me.pool;
  me.pool->work(me);
  here = {};
  me.before.reset();  // joined here, where nobody waits for it
}

void blocking_pool::work(worker& me) noexcept {
  for (;;) {
    if (options_.on_thread_start) options_.on_thread_start();
    std::unique_lock hold{mutex_};
    while (detail::blocking_job* const j = next_job(me, hold)) {
      hold.unlock();
      const auto begun = std::chrono::steady_clock::now();
      times_->wait.record_shared(nanoseconds_from(j->since, begun));
      const auto id = reinterpret_cast<std::uintptr_t>(j);
      const unsigned muted = (j->tracing & detail::job::muted) != 0 ? detail::trace_muted : 0;
      detail::trace(detail::event::block_begin, id, 0, muted, j->name);
      j->act(j, detail::action::run);
      detail::trace(detail::event::block_end, id, 0, muted);
      times_->hold.record_shared(nanoseconds_from(begun, std::chrono::steady_clock::now()));
      hold.lock();
      ++count_.ran;
    }
    hold.unlock();
    if (options_.on_thread_stop) options_.on_thread_stop();
    hold.lock();
    if (std::exchange(me.surplus, false))
      --leaving_;
    else if (first_ != nullptr)
      continue;  // came while the hook ran, and counted on this thread
    --count_.threads;
    me.is = worker::state::ended;
    return;
  }
}

// The next job in line; null when the thread should end.
detail::blocking_job* blocking_pool::next_job(worker& me, std::unique_lock<std::mutex>& hold) noexcept {
  const auto give_up =
      std::chrono::steady_clock::now() + std::min<std::chrono::nanoseconds>(options_.idle_time, std::chrono::hours{24});
  for (;;) {
    if (serving() > max_threads_) {
      ++leaving_;
      me.surplus = true;
      return nullptr;
    }
    if (first_ != nullptr) break;
    if (stopping_) return nullptr;
    ++count_.idle_threads;
    const std::cv_status why = work_or_stop_.wait_until(hold, give_up);
    --count_.idle_threads;
    if (why == std::cv_status::timeout && first_ == nullptr) return nullptr;
  }
  detail::blocking_job* const j = first_;
  unlink(*j);
  const std::uint64_t running = count_.submitted - count_.cancelled - count_.queued - count_.ran;
  count_.running_high_water = std::max(running, count_.running_high_water);
  return j;
}

std::size_t blocking_pool::cancel_queued() noexcept {
  detail::blocking_job* line = nullptr;
  std::size_t cancelled = 0;
  {
    const std::lock_guard hold{mutex_};
    line = std::exchange(first_, nullptr);
    last_ = nullptr;
    for (auto* j = line; j != nullptr; j = static_cast<detail::blocking_job*>(j->next))
      j->at = detail::blocking_job::place::taken;
    cancelled = static_cast<std::size_t>(std::exchange(count_.queued, 0));
    count_.cancelled += cancelled;
  }
  while (line != nullptr) {
    detail::blocking_job* const j = std::exchange(line, static_cast<detail::blocking_job*>(line->next));
    j->act(j, detail::action::cancel);
  }
  return cancelled;
}

void blocking_pool::stop(stop_mode mode) noexcept {
  if (detail::this_thread_context().engine == this) {
    std::fputs("weir: a runtime was stopped or destroyed on one of its own blocking threads\n", stderr);
    std::terminate();
  }
  {
    const std::lock_guard hold{mutex_};
    stopping_ = true;
  }
  if (mode == stop_mode::discard) cancel_queued();
  work_or_stop_.notify_all();
  for (const auto& w : workers_) {  // none is added any more
    w->thread.join();
    w->before.reset();
  }
}

blocking_stats blocking_pool::stats() const noexcept {
  const std::lock_guard hold{mutex_};
  return count_;
}

// A unit is a thread: in use while its call has not ended, whoever waits for that.
void blocking_pool::list(void* what, detail::listing& to) {
  if (base::in_forked_child()) return;  // its threads, and perhaps its lock, are the parent's
  auto& me = *static_cast<blocking_pool*>(what);
  const auto times = [](const base::histogram& of) {
    return duration_stats{of.percentile(0.5), of.percentile(0.99), of.max()};
  };
  observation one;
  one.kind = observed_kind::pool;
  one.type = one.name = "blocking";
  one.when_full = "waits";
  one.wait = times(me.times_->wait);
  one.hold = times(me.times_->hold);
  {
    const std::lock_guard hold{me.mutex_};
    const blocking_stats& c = me.count_;
    one.capacity = me.max_threads_;
    one.in = c.submitted - c.cancelled - c.queued;
    one.out = c.ran;
    one.depth = static_cast<std::size_t>(one.in - one.out);
    one.peak = static_cast<std::size_t>(c.running_high_water);
    one.waiting = static_cast<std::size_t>(c.queued);
  }
  to.add(std::move(one), {what, [](void* pool, std::size_t n) {
                            static_cast<blocking_pool*>(pool)->set_max_threads(std::min<std::size_t>(n, 4096));
                          }});
}

void blocking_pool::report_refusal(int error, bool cancelled) noexcept {
  if (!options_.on_report) return;
  std::array<char, 200> text;
  std::snprintf(text.data(), text.size(), "cannot create a blocking thread: %s; %s", strerrordesc_np(error),
                cancelled ? "there is none, the call is cancelled" : "calls wait for those that exist");
  options_.on_report({.kind = report_kind::resource, .name = "blocking", .message = text.data(), .error = nullptr});
}

}  // namespace weir::inline v0::rt
