// Rule of groups in which one wins: what the others go on doing.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "doctor/rule.hpp"
#include "units.hpp"

namespace weir_tool {
namespace {

class losers final : public rule {
  // Of what the group cost, or by itself. Who ends within 10 ms has seen the stop: it takes that to be woken.
  static constexpr std::int64_t at_once = 10'000'000;
  static constexpr int share = 20;  // one in twenty, 5 %
  static constexpr std::int64_t long_time = 1'000'000'000;
  static constexpr std::uint16_t any = 2, race = 3;

  struct row {
    std::uint64_t losers = 0;
    std::int64_t cost = 0, after = 0, longest = 0, from = 0, to = 0;
    std::vector<std::uint64_t> ids;
  };

  [[nodiscard]] const char* name() const override { return "losers-go-on"; }
  [[nodiscard]] std::uint32_t needs() const override { return weir::detail::trace_category::task; }
  void see(const moment& m, const cast& who) override {
    if (m.what == event::group_begin) {
      if (m.flags == any || m.flags == race) settled_[m.id] = -1;
    } else if (m.what == event::group_settle) {
      if (const auto at = settled_.find(m.id); at != settled_.end()) at->second = m.at;
    } else if (m.what == event::group_end) {
      settled_.erase(m.id);
    } else if (m.what == event::end) {
      if (const actor* const a = who.find(m.id); a != nullptr && a->group != 0) ended(m, *a);
    }
  }
  void ended(const moment& m, const actor& a) {
    const auto at = settled_.find(a.group);
    if (at == settled_.end()) return;
    const std::int64_t settled = at->second;
    row& r = rows_[a.site];
    r.cost += m.at - a.spawned;
    if (settled < 0) return;
    const std::int64_t late = m.at - std::max(settled, a.spawned);
    if (late <= at_once) return;
    if (r.losers++ == 0) r.from = settled;
    r.to = m.at;
    r.after += late;
    r.longest = std::max(r.longest, late);
    if (r.ids.size() < most_ids) r.ids.push_back(m.id);
  }
  void judge(std::int64_t, const cast&, diagnosis& to) override {
    for (const auto& [site, r] : rows_) {
      if (r.losers == 0 || (r.longest < long_time && r.after * share < r.cost)) continue;
      to.findings.push_back(
          {.rule = name(),
           .how = weight::warning,
           .lost = r.after,
           .site = site,
           .from = r.from,
           .to = r.to,
           .ids = r.ids,
           .what = fmt::format(
               "{} losers lived on for {} after another one had won, {} at the longest: {:.0f} % of all "
               "that these groups cost (from 5 % or 1 s on it counts).",
               grouped(r.losers), duration(r.after), duration(r.longest),
               100.0 * static_cast<double>(r.after) / static_cast<double>(std::max<std::int64_t>(r.cost, 1))),
           .advice = "They are asked to stop and do not see it: await weir's own operations, look at "
                     "co_await weir::stop_requested() in long loops, pass the token to foreign calls, and use "
                     "weir::blocking(weir::abandon_ok, ...) for calls that cannot be stopped."});
    }
  }

  std::unordered_map<std::uint64_t, std::int64_t> settled_;  // when, of the groups that are open; -1: not yet
  std::map<std::uint32_t, row> rows_;
};

}  // namespace

std::unique_ptr<rule> losers_that_go_on() { return std::make_unique<losers>(); }

}  // namespace weir_tool
