// sync/futex.cpp - the kernel's futex behind the seam.                                       [floor: sync]
//
// Private futexes: nothing of weir is shared between processes, and the kernel then skips the look-up of the mapping.
// The timeout of FUTEX_WAIT is relative and runs on the monotonic clock, so setting the wall clock moves no waiter.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

static_assert(sizeof(atomic<std::uint32_t>) == sizeof(std::uint32_t) && atomic<std::uint32_t>::is_always_lock_free,
              "the kernel reads the atomic's own bytes");

bool futex_wait(const atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t timeout_ns) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  timespec limit{};
  const timespec* limited = nullptr;
  if (timeout_ns >= 0) {
    limit.tv_sec = static_cast<std::time_t>(timeout_ns / second);
    limit.tv_nsec = static_cast<long>(timeout_ns % second);
    limited = &limit;
  }
  const long rc = ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, limited, nullptr, 0);
  return rc == 0 || errno != ETIMEDOUT;  // EAGAIN: the word had changed. EINTR: a signal. Both are wake-ups.
}

void futex_wake(const atomic<std::uint32_t>& word, int count) noexcept {
  // The word may be gone by now (a waiter saw the change and freed it): the kernel uses only the address, and a
  // stray wake on reused memory is a spurious wake-up, which every waiter must bear anyway.
  (void)::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

}  // namespace weir::inline v0::sync
