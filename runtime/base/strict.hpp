// base/strict.hpp - strict mode: a report of a defect ends the process where it happens.          [floor: base]
//
// Every kind of report is one, but `resource`, which is the system's doing.
#pragma once

#include <weir/report.hpp>

namespace weir::inline v0::base {

/// WEIR_STRICT is set, and not to 0 or nothing. Looked at once.
[[nodiscard]] bool strict_by_environment() noexcept;

/// In strict mode, and for a defect: says so on stderr and aborts. The stack is where it was reported.
void end_if_strict(bool strict, const report& r) noexcept;

}  // namespace weir::inline v0::base
