// `weir stats` for people: sections that have something to say, the largest first.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "stats/figures.hpp"
#include "units.hpp"

namespace weir_tool {
namespace {

constexpr std::size_t most_rows = 20;

std::string percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void headline(const char* text) { fmt::print("\n{}\n", in_colour(text, colour::bold)); }

void print_workers(const figures& f) {
  if (f.workers.times().empty()) return;
  headline("workers        run      looking   idle      out");
  for (const auto& [key, t] : f.workers.times())
    fmt::print("  {:<12} {:>8} {:>9} {:>8} {:>8}\n", key.second, percent(t.run, t.wall()), percent(t.look, t.wall()),
               percent(t.idle, t.wall()), percent(t.out, t.wall()));
}

void print_work(const figures& f) {
  using entry = std::pair<const work::row_key, work_row>;
  std::vector<const entry*> rows;
  for (const entry& e : f.done.rows()) rows.push_back(&e);
  if (rows.empty()) return;
  const auto weight = [](const entry* e) { return e->second.run.sum() + e->second.waits.sum(); };
  std::ranges::sort(rows, [&](const entry* a, const entry* b) {
    return weight(a) != weight(b) ? weight(a) > weight(b) : a->first < b->first;
  });
  headline("tasks and jobs      number     run p50    p99        waits p50  p99        queued p99 peak");
  for (std::size_t i = 0; i < std::min(rows.size(), most_rows); ++i) {
    const auto& [key, r] = *rows[i];
    fmt::print("  {} {}\n", name_of(key.first), title(f.trace.trace(), key.second));
    fmt::print("  {:>27} {:>10} {:>10} {:>11} {:>10} {:>10} {:>6}{}\n", grouped(r.started), duration(r.run.at(0.5)),
               duration(r.run.at(0.99)), r.waits.count() != 0 ? duration(r.waits.at(0.5)) : "-",
               r.waits.count() != 0 ? duration(r.waits.at(0.99)) : "-", duration(r.queued.at(0.99)), r.peak,
               r.failed + r.cancelled == 0 ? "" : fmt::format("  ({} failed, {} cancelled)", r.failed, r.cancelled));
  }
  if (rows.size() > most_rows) fmt::print("  and {} more (--json has all)\n", rows.size() - most_rows);
}

void print_spread(const std::string& name, const spread& s) {
  fmt::print("  {:<28} {:>10} {:>10} {:>10} {:>10} {:>10}\n", name, grouped(s.count()), duration(s.sum()),
             duration(s.at(0.5)), duration(s.at(0.99)), duration(s.largest()));
}

void print_waits(const figures& f) {
  if (f.done.waits().empty()) return;
  headline("waits for                          times        sum        p50        p99        max");
  std::vector<std::pair<wait_cause, const spread*>> rows;
  for (const auto& [cause, s] : f.done.waits()) rows.emplace_back(cause, &s);
  std::ranges::sort(rows, [](const auto& a, const auto& b) {
    return a.second->sum() != b.second->sum() ? a.second->sum() > b.second->sum() : a.first < b.first;
  });
  for (const auto& [cause, s] : rows) print_spread(name_of(cause), *s);
}

void print_goods(const figures& f) {
  if (!f.stock.queues().empty()) headline("queues");
  for (const auto& [site, q] : f.stock.queues()) {
    fmt::print("  {}: {} in, {} out, {} dropped; most in it {} of {}; full for {} sends\n",
               title(f.trace.trace(), site), grouped(q.pushed), grouped(q.popped), grouped(q.dropped), q.high,
               q.capacity == 0 ? "?" : grouped(q.capacity), grouped(q.full));
  }
  if (!f.stock.limiters().empty()) headline("limiters");
  for (const auto& [site, l] : f.stock.limiters()) {
    const spread w = waits_under(f, site, wait_cause::limiter);
    fmt::print("  {}: {} grants, at most {} of {} units in use; {} waited, p50 {}, p99 {}\n",
               title(f.trace.trace(), site), grouped(l.taken), l.high, l.limit == 0 ? "?" : grouped(l.limit),
               grouped(l.waited), duration(w.at(0.5)), duration(w.at(0.99)));
  }
}

void print_reactor(const figures& f) {
  const machine& m = f.rest;
  if (m.ticks != 0) {
    headline("reactor");
    fmt::print("  {} turns, {} continuations, {} events, {} CPU\n", grouped(m.ticks), grouped(m.continuations),
               grouped(m.harvested), duration(m.reactor_cpu));
    fmt::print("  lag p50 {}, p99 {}, max {}; longest turn {}\n", duration(m.lag.at(0.5)), duration(m.lag.at(0.99)),
               duration(m.lag.largest()), duration(m.turn.largest()));
  }
  if (!m.io.empty()) headline("operations                         times        sum        p50        p99        max");
  for (const auto& [kind, row] : m.io) {
    print_spread(machine::io_kinds.at(kind), row.took);
    if (row.failed + row.cancelled + row.in_place != 0)
      fmt::print("    {} failed, {} cancelled, {} in place\n", grouped(row.failed), grouped(row.cancelled),
                 grouped(row.in_place));
  }
  if (m.late.count() != 0) print_spread("timers, late by", m.late);
  if (m.blocking.count() != 0) print_spread("blocking calls", m.blocking);
  for (const auto& [kind, n] : m.steals)
    fmt::print("  stolen: {} {}\n", grouped(n),
               kind < machine::steal_kinds.size() ? machine::steal_kinds.at(kind) : "?");
}

}  // namespace

void print_text(const figures& f) {
  const trace_file& t = f.trace.trace();
  fmt::print("{}: {} events of {} threads in {}\n", text_of(t.header.program.data(), t.header.program.size()),
             grouped(t.events), t.threads.size(), duration(f.trace.last() - f.trace.first()));
  const double share = f.cost_share();
  fmt::print("recording cost about {} of CPU time{}\n", duration(f.trace.cost_ns()),
             share < 0 ? std::string{} : fmt::format(", {:.2f} % of the program's", 100 * share));
  print_workers(f);
  print_work(f);
  print_waits(f);
  print_goods(f);
  print_reactor(f);
}

}  // namespace weir_tool
