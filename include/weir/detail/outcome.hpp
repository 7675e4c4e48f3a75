// weir/detail/outcome.hpp - how work counts that ended with an exception, or without.           [floor: job]
#pragma once

#include <weir/detail/job.hpp>

#include <exception>

namespace weir::inline v0::detail {

/// Null: ok. operation_cancelled: cancelled, for the work was asked to stop and did. Anything else: failed.
[[nodiscard]] outcome outcome_of(const std::exception_ptr& error) noexcept;

}  // namespace weir::inline v0::detail
