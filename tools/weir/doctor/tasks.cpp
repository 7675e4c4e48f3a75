// Rules of tasks and jobs by the place that starts them: too many at once, too small, and those that nobody looks
// after.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "doctor/rule.hpp"
#include "stats/spread.hpp"
#include "units.hpp"

namespace weir_tool {
namespace {

class fan_out final : public rule {
  // Alive at once, of one parent and one place. A thousand is a fault only where they mostly wait for their first step.
  static constexpr std::uint64_t always = 10'000, when_they_queue = 1'000;
  static constexpr int queued_to_run = 10;

  struct row {
    std::uint64_t started = 0, peak = 0;
    std::int64_t from = 0, to = 0;
    spread queued, run;
    std::vector<std::uint64_t> ids;
  };

  [[nodiscard]] const char* name() const override { return "unbounded-fan-out"; }
  [[nodiscard]] std::uint32_t needs() const override { return weir::detail::trace_category::task; }
  void see(const moment& m, const cast& who) override {
    if (m.what == event::spawn) {
      row& r = rows_[m.site];
      if (r.started++ == 0) r.from = m.at;
      if (r.ids.size() < most_ids) r.ids.push_back(m.id);
      const std::uint64_t now = ++alive_[{m.arg, m.site}];
      if (now > r.peak) r.peak = now, r.to = m.at;
      return;
    }
    if (m.what != event::resume && m.what != event::begin && m.what != event::end) return;
    const actor* const a = who.find(m.id);
    if (a == nullptr || a->site == 0) return;
    const auto at = rows_.find(a->site);
    if (at == rows_.end()) return;
    if (m.what != event::end) {
      if (!a->begun) at->second.queued.add(m.at - a->spawned);
      return;
    }
    at->second.run.add(a->ran_until(m.at));
    const auto count = alive_.find({a->parent, a->site});
    if (count != alive_.end() && --count->second == 0) alive_.erase(count);
  }
  void judge(std::int64_t, const cast&, diagnosis& to) override {
    for (const auto& [site, r] : rows_) {
      const bool queues = r.queued.at(0.5) >= queued_to_run * std::max<std::int64_t>(r.run.at(0.5), 1);
      if (r.peak < when_they_queue || (r.peak < always && !queues)) continue;
      const std::int64_t lives = r.queued.sum() + r.run.sum();
      to.findings.push_back(
          {.rule = name(),
           .how = r.peak >= always ? weight::error : weight::warning,
           .lost = r.queued.sum() / static_cast<std::int64_t>(std::max<std::uint64_t>(r.peak, 1)),
           .site = site,
           .from = r.from,
           .to = r.to,
           .ids = r.ids,
           .what =
               fmt::format("{} were alive at once of one parent ({} and more count; {} and more where they mostly "
                           "queue). They waited {:.0f} % of their time for their first step: p50 {} to run {}.",
                           grouped(r.peak), grouped(always), grouped(when_they_queue),
                           lives == 0 ? 0.0 : 100.0 * static_cast<double>(r.queued.sum()) / static_cast<double>(lives),
                           duration(r.queued.at(0.5)), duration(r.run.at(0.5))),
           .advice =
               "Bound them: weir::map_all(range, weir::par{n}, f), weir::with_group({.limit = weir::par{n}}, ...), or "
               "a stream with map_async(weir::par{n}, f). More than n = rate x latency of them bring nothing."});
    }
  }

  std::map<std::uint32_t, row> rows_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint64_t> alive_;  // by parent and site
};

class tiny final : public rule {
  // Below a microsecond handing a job over costs as much as the job; it matters where there are many.
  static constexpr std::int64_t small = 1'000;
  static constexpr double many_per_s = 1e5;
  static constexpr std::uint64_t enough = 10'000;

  struct row {
    std::uint64_t n = 0;
    std::int64_t from = 0, to = 0;
    spread run;
  };

  [[nodiscard]] const char* name() const override { return "tiny-jobs"; }
  [[nodiscard]] std::uint32_t needs() const override { return weir::detail::trace_category::task; }
  void see(const moment& m, const cast& who) override {
    if (m.what != event::end || m.flags == internal_end) return;
    const actor* const a = who.find(m.id);
    if (a == nullptr || !a->begun || a->site == 0) return;
    row& r = rows_[a->site];
    if (r.n++ == 0) r.from = a->spawned;
    r.to = m.at;
    r.run.add(a->ran_until(m.at));
  }
  void judge(std::int64_t, const cast&, diagnosis& to) override {
    bool judged = false;
    for (const auto& [site, r] : rows_) {
      if (r.n < enough) continue;
      judged = true;
      const double rate =
          static_cast<double>(r.n) * 1e9 / static_cast<double>(std::max<std::int64_t>(r.to - r.from, 1));
      if (r.run.at(0.5) >= small || rate < many_per_s) continue;
      const std::int64_t batch = 20'000 / std::max<std::int64_t>(r.run.at(0.5), 1);
      to.findings.push_back(
          {.rule = name(),
           .how = weight::warning,
           .lost = static_cast<std::int64_t>(r.n) * 100,  // about what a hand-over costs
           .site = site,
           .from = r.from,
           .to = r.to,
           .ids = {},
           .what =
               fmt::format("{} of them, {:.0f} per s, ran {} each (p50; below {} and above {:.0f} per s it counts): "
                           "handing one over takes about 100 ns.",
                           grouped(r.n), rate, duration(r.run.at(0.5)), duration(small), many_per_s),
           .advice =
               fmt::format("Give {} of them to one job: weir::parallel_for over a range, cpu().submit_bulk(n, f), or "
                           "batches.",
                           batch)});
    }
    if (!judged) to.silent.push_back({name(), fmt::format("no place started {} jobs", grouped(enough))});
  }

  std::map<std::uint32_t, row> rows_;
};

// An error that nobody fetched, a task that was made and never started: any is one too many. Detached tasks are no
// fault by themselves; those that live at the end are told.
class unobserved final : public rule {
  struct row {
    std::uint64_t errors = 0, dropped = 0;
    std::int64_t from = 0, to = 0;
    std::vector<std::uint64_t> ids;
  };

  [[nodiscard]] const char* name() const override { return "fire-and-forget"; }
  [[nodiscard]] std::uint32_t needs() const override { return weir::detail::trace_category::task; }
  void see(const moment& m, const cast& who) override {
    if (m.what == event::detach) {
      const actor* const a = who.find(m.id);
      if (a != nullptr) detached_[m.id] = a->site;
      return;
    }
    if (m.what == event::end) {
      detached_.erase(m.id);
      return;
    }
    if (m.what != event::unobserved && m.what != event::dropped) return;
    row& r = rows_[m.site];
    if (r.errors + r.dropped == 0) r.from = m.at;
    r.to = m.at;
    ++(m.what == event::unobserved ? r.errors : r.dropped);
    if (r.ids.size() < most_ids && m.id != 0) r.ids.push_back(m.id);
  }
  void judge(std::int64_t last, const cast& left, diagnosis& to) override {
    for (const auto& [site, r] : rows_)
      to.findings.push_back(
          {.rule = name(),
           .how = r.errors != 0 ? weight::error : weight::warning,
           .lost = 0,
           .site = site,
           .from = r.from,
           .to = r.to,
           .ids = r.ids,
           .what = fmt::format("{} errors were never looked at, {} tasks were made and never started.",
                               grouped(r.errors), grouped(r.dropped)),
           .advice = "Await every task and get() every future, or hand them to an owner: weir::with_group, or "
                     "weir::background(rt, task, name), whose errors are reported."});
    std::map<std::uint32_t, std::vector<std::uint64_t>> alive;
    std::int64_t oldest = last;
    for (const auto& [id, site] : detached_)
      if (const actor* const a = left.find(id)) alive[site].push_back(id), oldest = std::min(oldest, a->spawned);
    for (auto& [site, ids] : alive) {
      const std::size_t n = ids.size();
      ids.resize(std::min(n, most_ids));
      to.findings.push_back({.rule = name(),
                             .how = weight::note,
                             .lost = 0,
                             .site = site,
                             .from = oldest,
                             .to = last,
                             .ids = ids,
                             .what = fmt::format("{} detached tasks were alive at the end, the oldest for {}.",
                                                 grouped(n), duration(last - oldest)),
                             .advice = "If they should end with something, open a scope for them: weir::with_group."});
    }
  }

  std::map<std::uint32_t, row> rows_;
  std::map<std::uint64_t, std::uint32_t> detached_;
};

}  // namespace

std::unique_ptr<rule> unbounded_fan_out() { return std::make_unique<fan_out>(); }
std::unique_ptr<rule> tiny_jobs() { return std::make_unique<tiny>(); }
std::unique_ptr<rule> nobody_looks() { return std::make_unique<unobserved>(); }

}  // namespace weir_tool
