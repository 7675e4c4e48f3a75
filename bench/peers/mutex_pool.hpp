// peers/mutex_pool.hpp - the pool that everybody has written once: a deque, a mutex, a condition variable.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

/// Task is what the queue holds: std::function<void()>, std::packaged_task<R()>.
template <class Task>
class mutex_pool {
 public:
  explicit mutex_pool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  mutex_pool(const mutex_pool&) = delete;
  mutex_pool& operator=(const mutex_pool&) = delete;
  ~mutex_pool() {
    {
      const std::lock_guard lock{mutex_};
      ended_ = true;
    }
    ready_.notify_all();
    for (std::thread& t : threads_) t.join();
  }

  template <class T>
  void post(T&& task) {
    {
      const std::lock_guard lock{mutex_};
      queue_.emplace_back(std::forward<T>(task));
    }
    ready_.notify_one();
  }

  /// The batched form: one lock for all.
  template <class Range>
  void post_all(Range&& tasks) {
    {
      const std::lock_guard lock{mutex_};
      for (auto&& t : tasks) queue_.emplace_back(t);
    }
    ready_.notify_all();
  }

 private:
  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      ready_.wait(lock, [this] { return ended_ || !queue_.empty(); });
      if (queue_.empty()) return;
      Task task = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> queue_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace bench
