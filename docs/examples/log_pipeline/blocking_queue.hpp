// blocking_queue.hpp - a bounded FIFO between two threads that may sleep.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace log_pipeline {

template <class T>
class blocking_queue {
 public:
  /// All the memory it will ever need is taken here.
  explicit blocking_queue(std::size_t capacity) : ring_(capacity) {}

  /// Waits for room.
  void push(T value) {
    {
      std::unique_lock lock{mutex_};
      room_.wait(lock, [&] { return size_ < ring_.size(); });
      ring_[(first_ + size_) % ring_.size()] = std::move(value);
      high_water_ = std::max(high_water_, ++size_);
    }
    changed_.notify_one();
  }

  /// Waits for an element; nothing when the queue is closed and empty.
  [[nodiscard]] std::optional<T> pop() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return closed_ || size_ != 0; });
    return take();
  }

  /// The same, but nothing also when the time is over.
  [[nodiscard]] std::optional<T> pop_for(std::chrono::milliseconds limit) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, limit, [&] { return closed_ || size_ != 0; });
    return take();
  }

  void close() {
    {
      const std::lock_guard lock{mutex_};
      closed_ = true;
    }
    changed_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return size_;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return ring_.size(); }
  [[nodiscard]] std::size_t high_water() const {
    const std::lock_guard lock{mutex_};
    return high_water_;
  }

 private:
  std::optional<T> take() {
    if (size_ == 0) return std::nullopt;
    std::optional<T> first = std::exchange(ring_[first_], std::nullopt);
    first_ = (first_ + 1) % ring_.size();
    --size_;
    room_.notify_one();
    return first;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_, room_;
  std::vector<std::optional<T>> ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::size_t high_water_ = 0;
  bool closed_ = false;
};

}  // namespace log_pipeline
