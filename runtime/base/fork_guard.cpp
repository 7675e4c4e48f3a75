#include "base/fork_guard.hpp"

#include <pthread.h>

#include <system_error>

namespace weir::inline v0::base {

constinit std::atomic<bool> forked_child{false};

void watch_forks() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { forked_child.store(true, std::memory_order_relaxed); });
  if (registered != 0) throw std::system_error{registered, std::generic_category(), "weir: pthread_atfork"};
}

}  // namespace weir::inline v0::base
