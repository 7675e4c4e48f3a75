// stats/figures.hpp - all that `weir stats` gathers, and the two ways of saying it.
#pragma once

#include "check/shifts.hpp"
#include "check/verdicts.hpp"
#include "reading.hpp"
#include "stats/goods.hpp"
#include "stats/machine.hpp"
#include "stats/work.hpp"

namespace weir_tool {

struct figures {
  explicit figures(const std::string& path) : trace{path} {}

  reading trace;
  verdicts ignored;  ///< what is against the laws is `weir check`'s
  shifts workers{ignored};
  work done;
  goods stock;
  machine rest;

  void run();
  /// What recording cost, as a part of the process's CPU time; negative: that was not recorded.
  [[nodiscard]] double cost_share() const;
};

void print_text(const figures& f);
void print_json(const figures& f);

/// "task", "job", "piece".
const char* name_of(work::kind k);
/// The waits for a limiter or for a queue, of all ids under one name.
spread waits_under(const figures& f, std::uint32_t site, wait_cause cause);

}  // namespace weir_tool
