// outcome.hpp - one shape's run, as it goes from the process that ran it to the one that reports it.
#pragma once

#include <cstdint>
#include <type_traits>

#include "ledger.hpp"
#include "shapes.hpp"

namespace account_sync {

struct outcome {
  shape what = shape::serial;
  std::size_t accounts = 0;  ///< called; fewer than the world has: a sample
  std::chrono::nanoseconds predicted{};
  books kept;
  std::uint64_t idle_rss_bytes = 0;  ///< the peak before the first call
  std::uint64_t peak_rss_bytes = 0;
  std::uint64_t uncancellable = 0;  ///< calls that weir reported: long over, and without a turn to end
  bool restarted = false;
  int stopped_by = 0;  ///< a signal, or 0

  [[nodiscard]] bool balances() const noexcept { return stopped_by != 0 || kept.settled() == accounts; }
};
static_assert(std::is_trivially_copyable_v<outcome>);  // it is written into a pipe as it is

}  // namespace account_sync
