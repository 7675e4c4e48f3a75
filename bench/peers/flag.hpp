// peers/flag.hpp - the cheapest way for a peer's job to tell one waiting thread that it has run: a futex.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace bench {

class flag {
 public:
  void set() noexcept {
    if (state_.exchange(done, std::memory_order_acq_rel) == waited_for) call(FUTEX_WAKE_PRIVATE, 1);
  }

  /// Waits for set() and clears it. One thread.
  void wait() noexcept {
    std::uint32_t seen = clear;
    if (state_.compare_exchange_strong(seen, waited_for, std::memory_order_acq_rel))
      while (state_.load(std::memory_order_acquire) != done) call(FUTEX_WAIT_PRIVATE, waited_for);
    state_.store(clear, std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint32_t clear = 0, waited_for = 1, done = 2;

  void call(int operation, std::uint32_t value) noexcept {
    ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&state_), operation, value, nullptr, nullptr, 0);
  }

  std::atomic<std::uint32_t> state_{clear};
};

}  // namespace bench
