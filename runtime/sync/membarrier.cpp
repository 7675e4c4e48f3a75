// sync/membarrier.cpp - the heavy half of the asymmetric fence.                              [floor: sync]
//
// membarrier(PRIVATE_EXPEDITED) makes every running thread of the process pass a full barrier, and a thread that is
// not running passed one when it was switched out. So whatever another thread did before its fence_light() is visible
// after the call, or that thread's later loads see what the caller did before it: the store-buffer outcome is excluded
// although only one side paid. 0.1 us alone, 16 us with another thread running: for sleep paths, never for hot ones.
//
// The registration is per process, survives fork, and happens before main. Where the system call is denied (old
// kernel, seccomp) membarrier_available is false and both halves are seq_cst fences.
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "sync/atomic.hpp"

namespace weir::inline v0::sync {
namespace {

bool call(int command) noexcept { return ::syscall(SYS_membarrier, command, 0U, 0) == 0; }

bool register_process() noexcept {
  const int saved = errno;
  const bool granted = call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && call(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  errno = saved;
  return granted;
}

}  // namespace

// Until this is initialised it reads false and light fences are real ones: correct, only slower.
const bool membarrier_available = register_process();

void fence_heavy() noexcept {
  if (!membarrier_available) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return;
  }
  if (call(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) [[likely]]
    return;
  // Denied after it had been granted: a filter installed since. Other threads rely on us paying; there is no fallback.
  if (register_process()) return;
  std::fputs("weir: membarrier was granted at start-up and is denied now; cannot order threads, aborting\n", stderr);
  std::abort();
}

}  // namespace weir::inline v0::sync
