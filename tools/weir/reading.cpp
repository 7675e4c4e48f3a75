#include "reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "failure.hpp"
#include "units.hpp"

namespace weir_tool {

reading::reading(const std::string& path)
    : path_{path}, trace_{open_trace(path)}, merge_{trace_}, progress_{"reading", trace_.events} {}

bool reading::next(moment& out) {
  if (!merge_.next(out)) return false;
  if (!any_) first_ = out.at;
  any_ = true;
  last_ = out.at;
  progress_.step();
  return true;
}

std::uint64_t reading::lost() const {
  return trace_.lost + trace_.homeless + trace_.overwritten + merge_.overwritten();
}

double reading::cost_ns() const {
  return static_cast<double>(trace_.events) * static_cast<double>(trace_.header.event_cost_ps) / 1e3;
}

void reading::describe(json& to) const {
  const format::file_header& h = trace_.header;
  to.key("trace").object();
  to.field("file", path_).field("program", text_of(h.program.data(), h.program.size())).field("pid", h.pid);
  to.field("kind", h.kind == format::file_kind::stream ? "stream" : "rings").field("bytes", trace_.in.size());
  to.field("mask", h.mask).field("sample", h.sample).field("processors", h.processors);
  to.field("generations", trace_.generations).field("threads", trace_.threads.size());
  to.field("events", trace_.events).field("lost", lost()).field("damages", trace_.damage_count);
  to.key("damage").array();
  for (const damage& d : trace_.damages) to.object().field("offset", d.offset).field("what", d.what).close();
  to.close();
  to.field("moved", moved().moved).field("moved_most_ns", moved().largest).field("backwards", moved().backwards);
  to.field("rate_known", merge_.clock().rate_known()).field("first_ns", first_).field("last_ns", last_);
  to.field("cost_ns", cost_ns()).close();
}

int reading::end(bool quiet) const {
  const int status = trace_.damage_count == 0 ? clean : invalid_trace;
  if (quiet) return status;
  for (std::size_t i = 0; i < std::min<std::size_t>(trace_.damages.size(), 10); ++i)
    fmt::print(stderr, "weir: {}: at byte {}: {}\n", path_, trace_.damages[i].offset, trace_.damages[i].what);
  if (trace_.damage_count > 10) fmt::print(stderr, "weir: {}: and {} damages more\n", path_, trace_.damage_count - 10);
  if (lost() != 0)
    fmt::print(stderr, "weir: {} events are not in the trace (dropped, overwritten or without a ring); {} are\n",
               grouped(lost()), grouped(trace_.events));
  if (trace_.header.sample > 1)
    fmt::print(stderr, "weir: of tasks and jobs one root in {} was recorded\n", trace_.header.sample);
  if (!merge_.clock().rate_known())
    fmt::print(stderr, "weir: the trace has one sync point: the order is known, durations are not\n");
  if (moved().moved + moved().backwards != 0)
    fmt::print(stderr,
               "weir: {} events stood before their causes and were moved, by {} at most; {} before an earlier "
               "one of their thread\n",
               moved().moved, duration(moved().largest), moved().backwards);
  return status;
}

}  // namespace weir_tool
