#include "base/report.hpp"

#include "base/stderr_sink.hpp"
#include "base/strict.hpp"

namespace weir::inline v0 {

std::string_view to_string(report_kind kind) noexcept {
  switch (kind) {
    case report_kind::unhandled_exception:
      return "unhandled_exception";
    case report_kind::uncancellable:
      return "uncancellable";
    case report_kind::slow_continuation:
      return "slow_continuation";
    case report_kind::dropped:
      return "dropped";
    case report_kind::never_awaited:
      return "never_awaited";
    case report_kind::workers_blocked:
      return "workers_blocked";
    case report_kind::resource:
      return "resource";
    case report_kind::nested_acquire:
      return "nested_acquire";
    case report_kind::late_callback:
      return "late_callback";
    case report_kind::foreign_await:
      return "foreign_await";
  }
  return "unknown";
}

namespace base {

void report_by_default(const report& r) noexcept {
  process_stderr()(r);
  end_if_strict(strict_by_environment(), r);
}

}  // namespace base

}  // namespace weir::inline v0
