// support/model_queue.hpp - in the place of moodycamel's queue: hands out every item once, publishes what precedes the
// enqueue to who takes it, and may say "empty" although something is in it, `lies` times.
#pragma once

#include <algorithm>

#include "explorer/model.hpp"

namespace weir {

struct model_queue {
  sync::atomic<int> items{0};
  int lies = 0;

  void enqueue(int n) { items.fetch_add(n, std::memory_order_release); }
  int try_dequeue_bulk(int most) {
    if (lies > 0 && model::any_of(2) == 1) {
      --lies;
      return 0;
    }
    int n = items.load(std::memory_order_relaxed);
    while (n > 0 && !items.compare_exchange_strong(n, n - std::min(n, most), std::memory_order_acquire,
                                                   std::memory_order_relaxed)) {
    }
    return std::min(n, most);
  }
};

}  // namespace weir
