// reports.hpp - what weir reports, on stderr, but for two things that are no news here.
#pragma once

#include <weir/weir.hpp>

namespace account_sync {

/// For runtime_options::on_report.
void print_report(const weir::report& r);

}  // namespace account_sync
