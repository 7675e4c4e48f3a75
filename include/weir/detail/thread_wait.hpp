// weir/detail/thread_wait.hpp - a thread that sleeps until one event has happened.             [floor: job]
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::inline v0::detail {

class scheduler;

class thread_wait {
 public:
  /// Throws would_deadlock, naming `what`, on a thread of `sched`: it would wait for itself.
  static void check_may_wait(const scheduler& sched, const char* what);

  /// Once. The object may be gone as soon as wait() has returned, even before done() has.
  void done() noexcept;
  void wait() noexcept;

 private:
  std::atomic<std::uint32_t> word_{0};  // sync/join_flag.hpp
};

}  // namespace weir::inline v0::detail
