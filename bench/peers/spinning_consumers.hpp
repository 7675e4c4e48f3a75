// peers/spinning_consumers.hpp - a raw moodycamel queue of payloads: no nodes, no bound, consumers that never sleep.
//
// Not a scheduler: the transport alone, as the floor of what a queue between threads costs here. Explicit tokens.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "peers/payload.hpp"

namespace bench {

class spinning_consumers {
 public:
  explicit spinning_consumers(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { consume(); });
  }
  spinning_consumers(const spinning_consumers&) = delete;
  spinning_consumers& operator=(const spinning_consumers&) = delete;
  ~spinning_consumers() {
    ended_.store(true, std::memory_order_relaxed);
    for (std::thread& t : threads_) t.join();
  }

  std::uint64_t one_by_one(std::uint64_t n) {
    const totals before = ran();
    moodycamel::ProducerToken mine{queue_};
    for (std::uint64_t i = 0; i < n; ++i) queue_.enqueue(mine, payload::make(i));
    return await(before, n);
  }

  std::uint64_t in_bulk(std::uint64_t n, std::size_t size) {
    const totals before = ran();
    moodycamel::ProducerToken mine{queue_};
    std::vector<payload> batch(size);
    for (std::uint64_t i = 0; i < n;) {
      const auto m = static_cast<std::size_t>(std::min<std::uint64_t>(size, n - i));
      for (std::size_t k = 0; k < m; ++k) batch[k] = payload::make(i++);
      queue_.enqueue_bulk(mine, batch.data(), m);
    }
    return await(before, n);
  }

 private:
  void consume() {
    moodycamel::ConsumerToken mine{queue_};
    std::array<payload, 64> chunk;
    while (!ended_.load(std::memory_order_relaxed)) {
      const std::size_t n = queue_.try_dequeue_bulk(mine, chunk.begin(), chunk.size());
      for (std::size_t i = 0; i < n; ++i) chunk[i]();
      if (n == 0) std::this_thread::yield();  // three threads on two processors: a plain spin starves the producer
    }
  }

  moodycamel::ConcurrentQueue<payload> queue_;
  std::atomic<bool> ended_{false};
  std::vector<std::thread> threads_;
};

}  // namespace bench
