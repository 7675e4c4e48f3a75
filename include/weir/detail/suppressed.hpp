// weir/detail/suppressed.hpp - where an exception goes that another one keeps from being delivered. [floor: job]
#pragma once

#include <exception>

namespace weir::inline v0::detail {

/// One of several things that failed together, and whose exception nobody will be given: reported as never_awaited, to
/// the calling thread's runtime or, outside, to the default sink. operation_cancelled is no failure, and is not.
/// name: of the function that waits for all of them.
void report_suppressed(const char* name, const std::exception_ptr& error) noexcept;

}  // namespace weir::inline v0::detail
