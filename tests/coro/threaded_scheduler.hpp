// A small real scheduler for races: worker threads, a reactor thread with the real clock, one mutex. Slow and obvious.
#pragma once

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include <weir/detail/root_task.hpp>
#include <weir/detail/scheduler.hpp>
#include <weir/detail/thread_context.hpp>
#include <weir/task.hpp>

namespace coro_test {

using namespace weir;

class threaded_scheduler final : public detail::scheduler {
 public:
  explicit threaded_scheduler(unsigned workers) {
    threads_.emplace_back([this] { react(); });
    for (unsigned i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
  }
  ~threaded_scheduler() {
    {
      const std::scoped_lock lock{mutex_};
      closing_ = true;
    }
    changed_.notify_all();
  }

  template <class T>
  T block_on(task<T> t, detail::home where = detail::home::cpu) {
    struct blocked : detail::root_task<T> {
      explicit blocked(task<T>&& t) : detail::root_task<T>{std::move(t), &wake} {}
      static void wake(detail::root_base& r) noexcept { static_cast<blocked&>(r).done.release(); }
      std::binary_semaphore done{0};
    } root{std::move(t)};
    root.start(*this, where);
    root.done.acquire();
    return root.take();
  }

  [[nodiscard]] detail::time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
  void resume(detail::job& j, detail::home where) noexcept override {
    push(where == detail::home::cpu ? cpu_ : io_, j);
  }
  [[nodiscard]] bool on(detail::home where) const noexcept override {
    return (std::this_thread::get_id() == threads_.front().get_id()) == (where == detail::home::io);
  }
  void run_blocking(detail::blocking_job& j) noexcept override { push(cpu_, j); }
  void report(const weir::report&) noexcept override {}
  void task_started() noexcept override { started.fetch_add(1); }
  void task_ended(detail::outcome) noexcept override { ended.fetch_add(1); }

  void start(detail::operation& op) noexcept override {
    {
      const std::scoped_lock lock{mutex_};
      op.state.store(0, std::memory_order_relaxed);
      timers_.emplace(op.deadline, &op);
    }
    changed_.notify_all();
  }

  void cancel(detail::operation& op) noexcept override {
    {
      const std::scoped_lock lock{mutex_};
      if (op.state.exchange(1, std::memory_order_relaxed) == 1) return;
      for (auto i = timers_.lower_bound(op.deadline);; ++i) {
        if (i->second != &op) continue;
        timers_.erase(i);
        break;
      }
      op.result = -ECANCELED;
      completing_.push_back(&op);
    }
    changed_.notify_all();
  }

  std::atomic<std::uint64_t> started{0}, ended{0};

 private:
  void push(std::deque<detail::job*>& queue, detail::job& j) noexcept {
    {
      const std::scoped_lock lock{mutex_};
      queue.push_back(&j);
    }
    changed_.notify_all();
  }

  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [this] { return closing_ || !cpu_.empty(); });
      if (cpu_.empty()) return;
      auto* const j = cpu_.front();
      cpu_.pop_front();
      lock.unlock();
      j->act(j, detail::action::run);
      lock.lock();
    }
  }

  void react() {
    std::unique_lock lock{mutex_};
    while (!closing_ || !completing_.empty() || !io_.empty()) {  // a cancelled operation is completed, even now
      if (io_.empty() && completing_.empty() && (timers_.empty() || timers_.begin()->first > now())) {
        if (timers_.empty())
          changed_.wait(lock);
        else
          changed_.wait_until(lock, std::min(timers_.begin()->first, now() + std::chrono::hours{1}));
        continue;
      }
      for (; !timers_.empty() && timers_.begin()->first <= now(); timers_.erase(timers_.begin())) {
        timers_.begin()->second->state.store(1, std::memory_order_relaxed);
        timers_.begin()->second->result = 0;
        completing_.push_back(timers_.begin()->second);
      }
      const auto completing = std::exchange(completing_, {});
      const auto jobs = std::exchange(io_, {});
      lock.unlock();
      for (auto* op : completing) op->complete(*op);
      for (auto* j : jobs) j->act(j, detail::action::run);
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool closing_ = false;
  std::deque<detail::job*> cpu_, io_;
  std::multimap<detail::time_point, detail::operation*> timers_;
  std::vector<detail::operation*> completing_;
  std::vector<std::jthread> threads_;  // last: joined first. The first one is the reactor
};

}  // namespace coro_test
