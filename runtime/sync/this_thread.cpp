// sync/this_thread.cpp - which thread is this, for those who only compare.                   [floor: sync]
#include "sync/atomic.hpp"

namespace weir::inline v0::sync {

// Never inlined: a coroutine may resume on another thread, and compilers keep the address of a thread-local.
[[gnu::noinline]] const void* this_thread() noexcept {
  static thread_local char mark;
  return &mark;
}

}  // namespace weir::inline v0::sync
