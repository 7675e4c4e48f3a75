// What every test of the thread pool checks besides its own promise.
#pragma once

#include <weir/thread_pool.hpp>

namespace weir_test {

/// Everything that was attempted has one outcome or waits (D9).
inline bool balanced(const weir::thread_pool_stats& s) {
  return s.attempted == s.ok + s.failed + s.cancelled + s.rejected + s.queued;
}

}  // namespace weir_test
