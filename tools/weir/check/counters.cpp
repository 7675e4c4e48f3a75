#include "check/counters.hpp"

#include <algorithm>

namespace weir_tool {

using weir::detail::counter_kind;

template <class F>
bool counters::all_zero(F figure) const {
  return !runtimes_.empty() && std::ranges::all_of(runtimes_, [&](const auto& r) { return r.second.*figure == 0; });
}

void counters::see(const moment& m) {
  if (m.what == event::spawn) ++tasks_since_;
  if (m.what == event::io_submit) ++operations_since_;
  if (m.what != event::counter || m.id == 0) return;
  last_ = m;
  figures& f = runtimes_[m.id];
  switch (static_cast<counter_kind>(m.flags)) {
    case counter_kind::tasks_live:
      f.tasks = m.arg;
      tasks_since_ = 0;
      if (all_zero(&figures::tasks)) lives_.no_tasks();
      break;
    case counter_kind::io_pending:
      f.operations = m.arg;
      operations_since_ = 0;
      if (all_zero(&figures::operations)) lives_.no_operations();
      break;
    default:
      break;
  }
}

void counters::finish() {
  if (runtimes_.empty()) return to_.not_checked("counters", "the trace has none: category metrics was not recorded");
  if (tasks_since_ == 0 && all_zero(&figures::tasks) && lives_.open_tasks() != 0)
    to_.broken("counters", last_, "no task is alive; by the events " + std::to_string(lives_.open_tasks()) + " are");
  if (tasks_since_ == 0 && all_zero(&figures::tasks) && lives_.open_groups() != 0)
    to_.broken("counters", last_,
               "no task is alive; by the events " + std::to_string(lives_.open_groups()) + " groups are open");
  if (operations_since_ == 0 && all_zero(&figures::operations) && lives_.open_operations() != 0)
    to_.broken("counters", last_,
               "no operation is pending; by the events " + std::to_string(lives_.open_operations()) + " are");
}

}  // namespace weir_tool
