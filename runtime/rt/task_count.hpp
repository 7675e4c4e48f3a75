// rt/task_count.hpp - the live coroutine tasks of a runtime, and waiting until there are none.  [floor: rt]
//
// Started and ended are counted apart (D9). The last one to leave wakes whoever waits; a waiter that registers while
// the last task leaves is not missed: the decrement and the waiter's look are on the same word, under the lock it
// sleeps on.
#pragma once

#include <weir/detail/job.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "sync/atomic.hpp"
#include "sync/live_count.hpp"

namespace weir::inline v0::detail {

class task_count {
 public:
  void started() noexcept {
    started_.fetch_add(1, sync::memory_order_relaxed);  // a statistic
    live_.enter();
  }

  void ended(outcome how) noexcept {
    auto& counter = how == outcome::ok ? ok_ : how == outcome::failed ? failed_ : cancelled_;
    counter.fetch_add(1, sync::memory_order_relaxed);  // made visible by left(), and by whoever tells of the end
  }

  /// After ended(), when nothing of the task is left.
  void left() noexcept { leave(); }

  /// A start that was refused.
  void withdrawn() noexcept {
    started_.fetch_sub(1, sync::memory_order_relaxed);
    leave();
  }

  /// True: no task is live. False: the deadline came first.
  bool wait_none(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock{mutex_};
    const auto none = [this] { return live() == 0; };
    if (deadline != std::chrono::steady_clock::time_point::max()) return none_.wait_until(lock, deadline, none);
    none_.wait(lock, none);
    return true;
  }

  [[nodiscard]] std::uint64_t live() const noexcept { return live_.live(); }  // what ended() counted, too
  [[nodiscard]] std::uint64_t started_total() const noexcept { return started_.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t ok() const noexcept { return ok_.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t failed() const noexcept { return failed_.load(sync::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t cancelled() const noexcept { return cancelled_.load(sync::memory_order_relaxed); }

 private:
  void leave() noexcept {
    if (!live_.leave()) return;
    const std::lock_guard lock{mutex_};
    none_.notify_all();
  }

  sync::atomic<std::uint64_t> started_{0}, ok_{0}, failed_{0}, cancelled_{0};
  sync::live_count live_;
  std::mutex mutex_;
  std::condition_variable none_;
};

}  // namespace weir::inline v0::detail
