// to_open_metrics(): a snapshot as OpenMetrics 1.0 text, https://openmetrics.io. Families are not interleaved; labels
// of channels, limiters and parts are name and id (and, for parts, part and position), as several may share a name.
#include <weir/observe.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace weir::inline v0 {
namespace {

std::string seconds(std::uint64_t ns) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%llu.%09llu", static_cast<unsigned long long>(ns / 1'000'000'000),
                static_cast<unsigned long long>(ns % 1'000'000'000));
  return text.data();
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

class exposition {
 public:
  void family(std::string_view name, std::string_view type, std::string_view unit, std::string_view help) {
    name_ = name;
    out_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    if (!unit.empty()) out_.append("# UNIT ").append(name).append(" ").append(unit).append("\n");
    out_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  }
  void sample(std::string_view suffix, const std::string& labels, const std::string& value) {
    out_.append(name_).append(suffix);
    if (!labels.empty()) out_.append("{").append(labels).append("}");
    out_.append(" ").append(value).append("\n");
  }
  std::string end() && { return std::move(out_.append("# EOF\n")); }

 private:
  std::string out_;
  std::string name_;
};

std::string label(std::string_view key, std::string_view value) { return std::string{key} + "=" + quoted(value); }

std::string labels_of(const observation& o) {
  std::string labels = label("name", o.name) + "," + label("id", std::to_string(o.id));
  if (o.kind != observed_kind::stage) return labels;
  return labels + "," + label("part", o.type) + "," + label("position", std::to_string(o.position));
}

void add_runtime(exposition& to, const runtime_stats& s) {
  const auto gauge = [&to](std::string_view name, std::string_view help, std::uint64_t value) {
    to.family(name, "gauge", "", help);
    to.sample("", "", std::to_string(value));
  };
  const auto counter = [&to](std::string_view name, std::string_view help, std::uint64_t value) {
    to.family(name, "counter", "", help);
    to.sample("_total", "", std::to_string(value));
  };
  const auto outcomes = [&to](std::string_view name, std::string_view help,
                              std::initializer_list<std::pair<std::string_view, std::uint64_t>> values) {
    to.family(name, "counter", "", help);
    for (const auto& [how, n] : values) to.sample("_total", label("outcome", how), std::to_string(n));
  };
  gauge("weir_workers", "Worker threads.", s.workers);
  gauge("weir_queue_capacity_items", "Places in the queue of jobs from outside.", s.queue_capacity_items);
  gauge("weir_queue_in_use_items", "Jobs queued or running.", s.queue_in_use_items);
  gauge("weir_queue_high_water_items", "The most there were.", s.queue_high_water_items);
  gauge("weir_blocking_threads", "Threads for blocking calls.", s.blocking_threads);
  gauge("weir_blocking_queued_items", "Blocking calls that wait for a thread.", s.blocking_queued_items);
  gauge("weir_blocking_high_water_items", "The most there were.", s.blocking_high_water_items);
  gauge("weir_blocking_abandoned_items", "Blocking calls that nobody waits for any more.", s.blocking_abandoned_items);
  counter("weir_jobs_attempted", "Jobs handed in.", s.jobs_attempted);
  outcomes(
      "weir_jobs_ended", "Jobs by how they ended.",
      {{"ok", s.jobs_ok}, {"failed", s.jobs_failed}, {"cancelled", s.jobs_cancelled}, {"rejected", s.jobs_rejected}});
  counter("weir_jobs_stolen", "Jobs taken from another worker's deque.", s.jobs_stolen);
  counter("weir_worker_parks", "How often a worker ran out of work.", s.worker_parks);
  counter("weir_tasks_started", "Coroutine tasks begun.", s.tasks_started);
  outcomes("weir_tasks_ended", "Coroutine tasks by how they ended.",
           {{"ok", s.tasks_ok}, {"failed", s.tasks_failed}, {"cancelled", s.tasks_cancelled}});
  counter("weir_io_submitted", "Operations of the reactor begun.", s.io_submitted);
  outcomes("weir_io_ended", "Operations of the reactor by how they ended.",
           {{"completed", s.io_completed}, {"cancelled", s.io_cancelled}});
  counter("weir_reactor_turns", "Turns of the reactor's loop.", s.reactor_turns);
  counter("weir_reactor_wakes", "System calls made to wake the reactor.", s.reactor_wakes);
  gauge("weir_timers_armed", "Timers that wait.", s.timers_armed);
  gauge("weir_delayed_jobs", "Delayed and periodic jobs.", s.delayed_jobs);
  to.family("weir_reactor_lag_seconds", "summary", "seconds", "From when a continuation was due to when it ran.");
  to.sample("", label("quantile", "0.5"), seconds(s.reactor_lag_p50_ns));
  to.sample("", label("quantile", "0.99"), seconds(s.reactor_lag_p99_ns));
  to.sample("", label("quantile", "1"), seconds(s.reactor_lag_max_ns));
  to.family("weir_longest_continuation_seconds", "gauge", "seconds",
            "The longest that one continuation held the reactor.");
  to.sample("", "", seconds(s.longest_continuation_ns));
  gauge("weir_pool_reserved_bytes", "Memory that the block pool has from the system.", s.pool_reserved_bytes);
  gauge("weir_pool_live_blocks", "Blocks of the pool in use.", s.pool_live_blocks);
  to.family("weir_reports", "counter", "", "Reported events by kind.");
  for (std::size_t kind = 0; kind < s.reports.size(); ++kind)
    to.sample("_total", label("kind", to_string(static_cast<report_kind>(kind))), std::to_string(s.reports[kind]));
}

/// One family over all things of some kinds.
struct measure {
  std::string_view name, type, help;
  std::uint64_t (*value)(const observation&);
};

void add_things(exposition& to, const snapshot& now, observed_kind kind, std::initializer_list<measure> measures) {
  for (const measure& m : measures) {
    to.family(m.name, m.type, "", m.help);
    for (const observation& o : now.things)
      if (o.kind == kind && o.counted)
        to.sample(m.type == "counter" ? "_total" : "", labels_of(o), std::to_string(m.value(o)));
  }
}

void add_times(exposition& to, const snapshot& now, observed_kind kind, std::string_view name, std::string_view help,
               duration_stats observation::* times) {
  to.family(name, "summary", "seconds", help);
  for (const observation& o : now.things) {
    if (o.kind != kind) continue;
    const duration_stats& t = o.*times;
    to.sample("", labels_of(o) + "," + label("quantile", "0.5"), seconds(t.p50_ns));
    to.sample("", labels_of(o) + "," + label("quantile", "0.99"), seconds(t.p99_ns));
    to.sample("", labels_of(o) + "," + label("quantile", "1"), seconds(t.max_ns));
  }
}

void add_seconds(exposition& to, const snapshot& now, std::string_view name, std::string_view help,
                 std::uint64_t observation::* ns) {
  to.family(name, "counter", "seconds", help);
  for (const observation& o : now.things)
    if (o.kind == observed_kind::channel) to.sample("_total", labels_of(o), seconds(o.*ns));
}

}  // namespace

std::string to_open_metrics(const snapshot& now) {
  using o = const observation&;
  exposition to;
  add_runtime(to, now.runtime);
  add_things(to, now, observed_kind::stage,
             {{"weir_stage_at_once", "gauge", "Calls a stage may have under way.",
               [](o x) -> std::uint64_t { return x.at_once; }},
              {"weir_stage_capacity_items", "gauge", "Items a stage may hold.",
               [](o x) -> std::uint64_t { return x.capacity; }},
              {"weir_stage_depth_items", "gauge", "Items a stage holds.", [](o x) -> std::uint64_t { return x.depth; }},
              {"weir_stage_peak_items", "gauge", "The most it held.", [](o x) -> std::uint64_t { return x.peak; }},
              {"weir_stage_in_items", "counter", "Items a stage took.", [](o x) { return x.in; }},
              {"weir_stage_out_items", "counter", "Items a stage gave.", [](o x) { return x.out; }}});
  add_things(
      to, now, observed_kind::channel,
      {{"weir_channel_capacity_items", "gauge", "Places in a channel.",
        [](o x) -> std::uint64_t { return x.capacity; }},
       {"weir_channel_depth_items", "gauge", "Items in a channel.", [](o x) -> std::uint64_t { return x.depth; }},
       {"weir_channel_peak_items", "gauge", "The most there were.", [](o x) -> std::uint64_t { return x.peak; }},
       {"weir_channel_waiting_senders", "gauge", "Who waits for room.", [](o x) -> std::uint64_t { return x.waiting; }},
       {"weir_channel_waiting_receivers", "gauge", "Who waits for an item.",
        [](o x) -> std::uint64_t { return x.waiting_out; }},
       {"weir_channel_accepted_items", "counter", "Items accepted.", [](o x) { return x.in; }},
       {"weir_channel_received_items", "counter", "Items received.", [](o x) { return x.out; }},
       {"weir_channel_discarded_items", "counter", "Items accepted and discarded.", [](o x) { return x.lost; }}});
  add_seconds(to, now, "weir_channel_senders_blocked_seconds", "Senders' waits, added up.",
              &observation::blocked_in_ns);
  add_seconds(to, now, "weir_channel_receivers_blocked_seconds", "Receivers' waits, added up.",
              &observation::blocked_out_ns);
  const std::pair<observed_kind, std::string> limits[] = {{observed_kind::limiter, "weir_limiter_"},
                                                          {observed_kind::pool, "weir_resource_pool_"}};
  for (const auto& [kind, prefix] : limits) {
    const std::string limit = prefix + "limit", use = prefix + "in_use", peak = prefix + "peak",
                      waiting = prefix + "waiting", granted = prefix + "granted", refused = prefix + "refused";
    add_things(to, now, kind,
               {{limit, "gauge", "Units that may be out.", [](o x) -> std::uint64_t { return x.capacity; }},
                {use, "gauge", "Units that are out.", [](o x) -> std::uint64_t { return x.depth; }},
                {peak, "gauge", "The most that were out.", [](o x) -> std::uint64_t { return x.peak; }},
                {waiting, "gauge", "Requests that wait.", [](o x) -> std::uint64_t { return x.waiting; }},
                {granted, "counter", "Units granted.", [](o x) { return x.in; }},
                {refused, "counter", "Requests turned away.", [](o x) { return x.refused; }}});
    add_times(to, now, kind, prefix + "wait_seconds", "From asking to going on.", &observation::wait);
    add_times(to, now, kind, prefix + "hold_seconds", "From going on to giving back.", &observation::hold);
  }
  return std::move(to).end();
}

}  // namespace weir::inline v0
