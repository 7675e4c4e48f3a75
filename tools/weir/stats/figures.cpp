#include "stats/figures.hpp"

namespace weir_tool {

void figures::run() {
  for (moment m; trace.next(m);) {
    workers.see(m);
    done.see(m);
    stock.see(m);
    rest.see(m);
  }
  workers.finish(trace.last());
}

double figures::cost_share() const {
  const std::uint64_t cpu = rest.cpu_ns();
  return cpu == 0 ? -1 : trace.cost_ns() / static_cast<double>(cpu);
}

const char* name_of(work::kind k) { return k == work::kind::task ? "task" : k == work::kind::job ? "job" : "piece"; }

spread waits_under(const figures& f, std::uint32_t site, wait_cause cause) {
  spread all;
  for (const auto& [id, by_cause] : f.done.waits_for())
    if (const auto at = by_cause.find(cause); at != by_cause.end() && f.stock.site_of(id) == site) all.add(at->second);
  return all;
}

}  // namespace weir_tool
