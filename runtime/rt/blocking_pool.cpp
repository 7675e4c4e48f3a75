#include "rt/blocking_pool.hpp"

#include <pthread.h>
#include <weir/detail/pool.hpp>
#include <weir/detail/thread_context.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace weir::inline v0::detail {

void blocking_pool::submit(job& j) noexcept {
  std::list<std::thread> ended;
  bool refused = false;
  {
    const std::lock_guard lock{mutex_};
    ended.swap(ended_);
    refused = stopping_ ||
              (queued_ >= idle_ && threads_.size() < options_.max_threads && !start_thread() && threads_.empty());
    if (!refused) {
      j.next = nullptr;
      *last_ = &j;
      last_ = &j.next;
      high_water_ = std::max(high_water_, ++queued_);
    }
  }
  if (refused)
    (void)j.act(&j, action::cancel);
  else
    work_.notify_one();
  for (std::thread& t : ended) t.join();
}

bool blocking_pool::start_thread() {
  try {
    threads_.emplace_back();
    const handle self = std::prev(threads_.end());
    try {
      *self = std::thread{[this, self] { serve(self); }};
    } catch (...) {
      threads_.erase(self);
      throw;
    }
    ++started_;
    return true;
  } catch (const std::exception&) {
    if (options_.on_report)
      options_.on_report(
          {report_kind::resource, options_.name, "a blocking thread could not be created", std::current_exception()});
    return false;
  }
}

job* blocking_pool::take() noexcept {
  job* const j = first_;
  if (j == nullptr) return nullptr;
  first_ = j->next;
  if (first_ == nullptr) last_ = &first_;
  --queued_;
  return j;
}

// The next job, or null when this thread should end.
job* blocking_pool::next(std::unique_lock<std::mutex>& lock) {
  ++idle_;
  work_.wait_for(lock, options_.idle, [this] { return first_ != nullptr || stopping_; });
  --idle_;
  return take();
}

void blocking_pool::serve(handle self) noexcept {
  std::unique_lock lock{mutex_};
  const std::string name = options_.name + "-" + std::to_string(started_);
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  thread_context& here = this_thread_context();
  here.role = thread_role::blocking;
  here.sched = options_.sched;
  while (job* const j = next(lock)) {
    lock.unlock();
    (void)j->act(j, action::run);
    pool_flush();
    lock.lock();
  }
  if (!stopping_) ended_.splice(ended_.end(), threads_, self);
}

void blocking_pool::stop() noexcept {
  std::list<std::thread> threads;
  job* queued = nullptr;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    queued = std::exchange(first_, nullptr);
    last_ = &first_;
    queued_ = 0;
    threads.swap(threads_);
    threads.splice(threads.end(), ended_);
  }
  work_.notify_all();
  while (queued != nullptr) {
    job* const j = std::exchange(queued, queued->next);
    (void)j->act(j, action::cancel);
  }
  for (std::thread& t : threads) t.join();
}

blocking_stats blocking_pool::stats() const {
  const std::lock_guard lock{mutex_};
  const auto threads = static_cast<unsigned>(threads_.size());
  return {.threads = threads, .running = threads - idle_, .queued = queued_, .high_water = high_water_};
}

}  // namespace weir::inline v0::detail
