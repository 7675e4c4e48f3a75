#include "base/fork_guard.hpp"

#include <weir/error.hpp>

#include <pthread.h>

#include <system_error>

namespace weir::inline v0::base {

constinit std::atomic<bool> forked_child{false};

void refuse_in_forked_child() {
  if (in_forked_child()) throw runtime_closed{};
}

void watch_forks() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { forked_child.store(true, std::memory_order_relaxed); });
  if (registered != 0) throw std::system_error{registered, std::generic_category(), "weir: pthread_atfork"};
}

}  // namespace weir::inline v0::base

namespace weir::inline v0::detail {

const char* why_closed() noexcept {
  return base::in_forked_child() ? "weir: this process was forked from one that had a runtime; threads do not survive "
                                   "a fork, so nothing can run here (fork before the first runtime, or exec)"
                                 : "weir: the runtime is closed";
}

}  // namespace weir::inline v0::detail
