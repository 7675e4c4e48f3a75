// to_text(): a snapshot for people. Columns are as wide as what is in them; "-" is "does not apply" or "not known".
#include <weir/observe.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace weir::inline v0 {
namespace {

using std::chrono::nanoseconds;
using cells = std::vector<std::string>;

class table {
 public:
  explicit table(cells heads) : rows_{std::move(heads)} {}
  void add(cells row) { rows_.push_back(std::move(row)); }
  void print_to(std::string& out) const {
    std::vector<std::size_t> widths(rows_.front().size(), 0);
    for (const cells& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    for (const cells& row : rows_) {
      std::string line = " ";
      for (std::size_t i = 0; i < row.size(); ++i) line.append(" ").append(pad(row[i], widths[i])).append(" ");
      out.append(line, 0, line.find_last_not_of(' ') + 1).append("\n");
    }
  }

 private:
  static std::string pad(const std::string& text, std::size_t width) {
    const bool number = text.find_first_not_of("0123456789.") == text.npos;
    const std::string space(width - text.size(), ' ');
    return number ? space + text : text + space;
  }
  std::vector<cells> rows_;
};

template <class... Args>
std::string format(const char* how, Args... args) {
  std::array<char, 128> text{};
  const int n = std::snprintf(text.data(), text.size(), how, args...);
  return {text.data(), static_cast<std::size_t>(std::clamp(n, 0, static_cast<int>(text.size()) - 1))};
}

std::string number(std::uint64_t n) { return std::to_string(n); }
std::string or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }
std::string unless_zero(std::uint64_t n) { return n == 0 ? "-" : number(n); }

std::string duration(double ns) {
  if (ns < 1e3) return format("%.0f ns", ns);
  if (ns < 1e6) return format("%.1f us", ns / 1e3);
  if (ns < 1e9) return format("%.1f ms", ns / 1e6);
  return format("%.1f s", ns / 1e9);
}

/// How a thing has changed since the look before.
class change {
 public:
  change(const observation& now, const snapshot& all, const snapshot* before)
      : now_{now},
        then_{before != nullptr ? before->find(now.id, now.position) : nullptr},
        apart_{before != nullptr ? all.at - before->at : nanoseconds{}} {}
  [[nodiscard]] std::string in() const { return rate(&observation::in); }
  [[nodiscard]] std::string out() const { return rate(&observation::out); }
  [[nodiscard]] std::string full_in() const {
    if (!known()) return "-";
    const auto left = time_to_full(*then_, now_, apart_);
    return left ? duration(static_cast<double>(left->count())) : "-";
  }

 private:
  [[nodiscard]] bool known() const { return then_ != nullptr && now_.counted && apart_.count() > 0; }
  [[nodiscard]] std::string rate(std::uint64_t observation::* count) const {
    if (!known()) return "-";
    return format("%.1f", static_cast<double>(now_.*count - then_->*count) * 1e9 / static_cast<double>(apart_.count()));
  }

  const observation& now_;
  const observation* const then_;
  const nanoseconds apart_;
};

std::string bound_of(const observation& o) {
  const std::string items = o.capacity == 0 ? "" : format("holds %zu", o.capacity);
  if (o.at_once == 0) return items.empty() ? "in place" : items;
  const std::string calls = format("%zu at once", o.at_once);
  return items.empty() || o.capacity == o.at_once ? calls : calls + ", " + items;
}

void print_pipelines(std::string& out, const snapshot& now, const snapshot* before) {
  const auto& all = now.things;
  for (std::size_t i = 0; i < all.size();) {
    const std::size_t first = i;
    while (i < all.size() && all[i].id == all[first].id) ++i;
    if (all[first].kind != observed_kind::stage) continue;
    out.append(format("pipeline %llu\n", static_cast<unsigned long long>(all[first].id)));
    table rows{{"part", "name", "awaited by", "bounded", "when full", "outside", "in", "depth", "peak", "in/s", "out/s",
                "full in"}};
    for (std::size_t k = first; k < i; ++k) {
      const observation& o = all[k];
      const change by{o, now, before};
      const auto count = [&](std::uint64_t n) { return o.counted ? number(n) : std::string{"-"}; };
      rows.add({o.type, or_dash(o.name), o.awaited_by, bound_of(o), o.when_full, or_dash(o.outside), count(o.in),
                count(o.depth), count(o.peak), by.in(), by.out(), by.full_in()});
    }
    rows.print_to(out);
  }
}

void print_channels(std::string& out, const snapshot& now, const snapshot* before) {
  table rows{{"channel", "capacity", "depth", "peak", "when full", "senders wait", "receivers wait", "in", "out",
              "lost", "in/s", "out/s", "full in"}};
  bool any = false;
  for (const observation& o : now.things) {
    if (o.kind != observed_kind::channel) continue;
    const change by{o, now, before};
    rows.add({or_dash(o.name), number(o.capacity), number(o.depth), number(o.peak), o.when_full, number(o.waiting),
              number(o.waiting_out), number(o.in), number(o.out), number(o.lost), by.in(), by.out(), by.full_in()});
    any = true;
  }
  if (any) rows.print_to(out.append("channels\n"));
}

void print_limits(std::string& out, const snapshot& now, const snapshot* before) {
  table rows{{"limit", "name", "most", "in use", "peak", "waiting", "granted", "refused", "wait p50", "wait p99",
              "hold p50", "hold p99", "in/s"}};
  bool any = false;
  for (const observation& o : now.things) {
    if (o.kind != observed_kind::limiter && o.kind != observed_kind::pool) continue;
    const auto time = [](std::uint64_t ns) { return duration(static_cast<double>(ns)); };
    rows.add({o.type, or_dash(o.name), number(o.capacity), number(o.depth), number(o.peak), number(o.waiting),
              number(o.in), unless_zero(o.refused), time(o.wait.p50_ns), time(o.wait.p99_ns), time(o.hold.p50_ns),
              time(o.hold.p99_ns), change{o, now, before}.in()});
    any = true;
  }
  if (any) rows.print_to(out.append("limiters and pools\n"));
}

void print_runtime(std::string& out, const runtime_stats& s) {
  const auto n = [](std::uint64_t x) { return number(x); };
  out += "workers " + n(s.workers) + ", queue " + n(s.queue_in_use_items) + " of " + n(s.queue_capacity_items) +
         " (peak " + n(s.queue_high_water_items) + "), blocking calls " + n(s.blocking_queued_items) +
         " queued (peak " + n(s.blocking_high_water_items) + ") on " + n(s.blocking_threads) + " threads" +
         (s.blocking_abandoned_items == 0 ? "" : ", " + n(s.blocking_abandoned_items) + " abandoned") + "\n";
  out += "jobs " + n(s.jobs_ok) + " ok, " + n(s.jobs_failed) + " failed, " + n(s.jobs_cancelled) + " cancelled, " +
         n(s.jobs_rejected) + " rejected; tasks " + n(s.tasks_started) + " started, " + n(s.tasks_ok) + " ok, " +
         n(s.tasks_failed) + " failed, " + n(s.tasks_cancelled) + " cancelled\n";
  out += "reactor lag p50 " + duration(static_cast<double>(s.reactor_lag_p50_ns)) + ", p99 " +
         duration(static_cast<double>(s.reactor_lag_p99_ns)) + ", longest continuation " +
         duration(static_cast<double>(s.longest_continuation_ns)) + "; timers " + n(s.timers_armed) + "\n";
  std::string reports;
  for (std::size_t kind = 0; kind < s.reports.size(); ++kind)
    if (s.reports[kind] != 0)
      reports.append(reports.empty() ? "" : ", ")
          .append(to_string(static_cast<report_kind>(kind)))
          .append(" " + n(s.reports[kind]));
  out += "reports: " + (reports.empty() ? "none" : reports) + "\n";
}

}  // namespace

std::string to_text(const snapshot& now, const snapshot* before) {
  std::string out;
  print_runtime(out, now.runtime);
  print_pipelines(out, now, before);
  print_channels(out, now, before);
  print_limits(out, now, before);
  return out;
}

}  // namespace weir::inline v0
