#include "rt/blocking_pool.hpp"

#include <weir/detail/thread_context.hpp>
#include <weir/detail/trace.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <utility>

namespace weir::inline v0::rt {

blocking_pool::blocking_pool(blocking_pool_options options) : options_{std::move(options)} {
  if (options_.max_threads == 0) throw std::invalid_argument{"weir: blocking_threads must be at least 1"};
  workers_ = std::make_unique<worker[]>(options_.max_threads);
  for (unsigned i = 0; i < options_.max_threads; ++i) {
    workers_[i].pool = this;
    workers_[i].slot = i;
  }
}

blocking_pool::~blocking_pool() { stop(stop_mode::discard); }

void blocking_pool::run(detail::job& j) noexcept {
  int refused = 0;
  bool report = false, cancel = false;
  {
    const std::lock_guard hold{mutex_};
    ++count_.submitted;
    cancel = stopping_;
    if (!cancel && count_.queued + 1 > count_.idle_threads && count_.threads < options_.max_threads) {
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
    } else {
      j.next = nullptr;
      (last_ != nullptr ? last_->next : first_) = &j;
      last_ = &j;
      count_.queued_high_water = std::max(++count_.queued, count_.queued_high_water);
    }
  }
  if (report) report_refusal(refused, cancel);
  if (cancel)
    j.act(&j, detail::action::cancel);
  else
    work_or_stop_.notify_one();
}

// With the lock held. 0 or an errno.
int blocking_pool::add_thread() noexcept {
  worker* const free = std::find_if(workers_.get(), workers_.get() + options_.max_threads,
                                    [](const worker& w) { return w.is != worker::state::live; });
  free->thread.join();  // ended: it has left the lock for the last time and needs nothing more from anybody
  std::array<char, 32> name;
  std::snprintf(name.data(), name.size(), "%.12s-%u", options_.thread_name.c_str(), free->slot);
  const int error = free->thread.start(name.data(), &blocking_pool::thread_main, free, options_.create_thread);
  free->is = error == 0 ? worker::state::live : worker::state::vacant;
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
}

void blocking_pool::work(worker& me) noexcept {
  for (;;) {
    if (options_.on_thread_start) options_.on_thread_start();
    std::unique_lock hold{mutex_};
    while (detail::job* const j = next_job(hold)) {
      hold.unlock();
      const auto id = reinterpret_cast<std::uintptr_t>(j);
      const unsigned muted = (j->tracing & detail::job::muted) != 0 ? detail::trace_muted : 0;
      detail::trace(detail::event::block_begin, id, 0, muted, j->name);
      j->act(j, detail::action::run);
      detail::trace(detail::event::block_end, id, 0, muted);
      hold.lock();
      ++count_.ran;
    }
    hold.unlock();
    if (options_.on_thread_stop) options_.on_thread_stop();
    hold.lock();
    if (first_ != nullptr) continue;  // came while the hook ran, and counted on this thread
    --count_.threads;
    me.is = worker::state::ended;
    return;
  }
}

// The next job in line; null when the thread should end.
detail::job* blocking_pool::next_job(std::unique_lock<std::mutex>& hold) noexcept {
  const auto give_up =
      std::chrono::steady_clock::now() + std::min<std::chrono::nanoseconds>(options_.idle_time, std::chrono::hours{24});
  while (first_ == nullptr) {
    if (stopping_) return nullptr;
    ++count_.idle_threads;
    const std::cv_status why = work_or_stop_.wait_until(hold, give_up);
    --count_.idle_threads;
    if (why == std::cv_status::timeout && first_ == nullptr) return nullptr;
  }
  detail::job* const j = first_;
  first_ = j->next;
  if (first_ == nullptr) last_ = nullptr;
  --count_.queued;
  return j;
}

std::size_t blocking_pool::cancel_queued() noexcept {
  detail::job* line = nullptr;
  std::size_t cancelled = 0;
  {
    const std::lock_guard hold{mutex_};
    line = std::exchange(first_, nullptr);
    last_ = nullptr;
    cancelled = static_cast<std::size_t>(std::exchange(count_.queued, 0));
    count_.cancelled += cancelled;
  }
  while (line != nullptr) {
    detail::job* const j = std::exchange(line, line->next);
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
  for (unsigned i = 0; i < options_.max_threads; ++i) workers_[i].thread.join();
}

blocking_stats blocking_pool::stats() const noexcept {
  const std::lock_guard hold{mutex_};
  return count_;
}

void blocking_pool::report_refusal(int error, bool cancelled) noexcept {
  if (!options_.on_report) return;
  std::array<char, 200> text;
  std::snprintf(text.data(), text.size(), "cannot create a blocking thread: %s; %s", strerrordesc_np(error),
                cancelled ? "there is none, the call is cancelled" : "calls wait for those that exist");
  options_.on_report({.kind = report_kind::resource, .name = "blocking", .message = text.data(), .error = nullptr});
}

}  // namespace weir::inline v0::rt
