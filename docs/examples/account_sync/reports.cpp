#include "reports.hpp"

#include <cstdio>
#include <string>

namespace account_sync {

void print_report(const weir::report& r) {
  if (r.kind == weir::report_kind::uncancellable) return;      // a figure of the shape: outcome.hpp
  if (r.kind == weir::report_kind::slow_continuation) return;  // says that a shape has taken all processors
  const std::string where = r.name.empty() ? "" : " in " + std::string{r.name};
  std::fprintf(stderr, "weir: %s%s: %s\n", std::string{weir::to_string(r.kind)}.c_str(), where.c_str(),
               std::string{r.message}.c_str());
}

}  // namespace account_sync
