// weir/detail/blocking_job.hpp - a job in the line before the blocking threads.                [floor: job]
#pragma once

#include <chrono>

#include <weir/detail/job.hpp>

namespace weir::inline v0::detail {

/// One that can leave the line again (scheduler::withdraw_blocking).
struct blocking_job : job {
  using job::job;

  /// outside: it has not come to the line yet. withdrawn: the same, and it is cancelled when it comes.
  /// taken: it acts, or has acted.
  enum class place : unsigned { outside, withdrawn, in_line, taken };

  // The line's.
  blocking_job* ahead = nullptr;
  place at = place::outside;
  std::chrono::steady_clock::time_point since{};  ///< when it was handed in
};

}  // namespace weir::inline v0::detail
