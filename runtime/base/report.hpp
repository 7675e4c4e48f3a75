// base/report.hpp - where reports go when no runtime with its own sink is at hand.            [floor: base]
#pragma once

#include <weir/report.hpp>

namespace weir::inline v0::base {

/// The default sink: one line on stderr, at most ten a second; the next line that passes says how many were left out.
/// Any thread, any time, also before and after main. No allocation.
void report_by_default(const report& r) noexcept;

}  // namespace weir::inline v0::base
