// report_json.cpp - the report for machines.
#include <algorithm>
#include <cinttypes>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>

#include "failure.hpp"
#include "report.hpp"

namespace log_pipeline {
namespace {

/// Writes "key": with the commas where they belong; names come from valid records and need no escapes.
class json {
 public:
  explicit json(std::FILE* to) noexcept : to_{to} {}

  void open(const char* key = nullptr) {
    begin(key);
    std::fputc('{', to_);
    first_ = true;
    ++depth_;
  }
  void close() {
    --depth_;
    std::fprintf(to_, "\n%*s}", 2 * depth_, "");
    first_ = false;
  }
  void add(const char* key, std::uint64_t value) {
    begin(key);
    std::fprintf(to_, "%" PRIu64, value);
  }
  void add(const char* key, double value) {
    begin(key);
    std::fprintf(to_, "%.9g", value);
  }
  void add(const char* key, std::optional<double> value) {
    if (value) return add(key, *value);
    begin(key);
    std::fputs("null", to_);
  }
  void add(const char* key, bool value) {
    begin(key);
    std::fputs(value ? "true" : "false", to_);
  }

 private:
  void begin(const char* key) {
    if (key == nullptr) return;
    std::fprintf(to_, "%s\n%*s\"%s\": ", first_ ? "" : ",", 2 * depth_, "", key);
    first_ = false;
  }

  std::FILE* to_;
  int depth_ = 0;
  bool first_ = true;
};

std::string minute_name(std::int64_t minute) {
  if (minute == statistics::other_minute) return "other";
  const std::time_t t = minute * 60;
  std::tm utc{};
  ::gmtime_r(&t, &utc);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%MZ", &utc);
  return text;
}

void add_minutes(json& j, const service_statistics& s) {
  std::vector<std::pair<std::int64_t, minute_statistics>> sorted{s.minutes.begin(), s.minutes.end()};
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  j.open("minutes");
  for (const auto& [minute, m] : sorted) {
    j.open(minute_name(minute).c_str());
    j.add("lines", m.lines);
    j.add("errors", m.failed);
    j.add("latency_sum_us", m.latency_sum_us);
    j.close();
  }
  j.close();
}

void add_service(json& j, const std::string& name, const service_statistics& s) {
  j.open(name.c_str());
  j.add("lines", s.lines());
  for (std::size_t i = 0; i < categories; ++i) j.add(category_names[i].data(), s.by_category[i]);
  j.add("error_rate", s.lines() == 0 ? 0.0 : static_cast<double>(s.failed()) / static_cast<double>(s.lines()));
  j.add("latency_sum_us", s.latency_sum_us);
  j.open("latency_us");
  j.add("p50", s.latency_us.percentile(0.50));
  j.add("p90", s.latency_us.percentile(0.90));
  j.add("p99", s.latency_us.percentile(0.99));
  j.add("p999", s.latency_us.percentile(0.999));
  j.add("max", s.latency_us.max());
  j.close();
  add_minutes(j, s);
  j.close();
}

void write(json& j, const report& r) {
  j.open();
  j.add("lines_in", r.lines_in);
  j.add("lines_out", r.lines_out);
  j.add("lines_rejected", r.lines_rejected);
  j.add("wall_s", r.wall_s);
  j.add("lines_per_s", r.lines_per_s());
  j.add("cpu_util", r.cpu_util);
  j.add("idle_rss_bytes", r.idle_rss_bytes);
  j.add("peak_rss_bytes", r.peak_rss_bytes);
  j.add("runtime_allocations_per_line", r.runtime_allocations_per_line);
  j.open("queues");
  for (const queue_usage& q : r.queues) {
    j.open(q.name.c_str());
    j.add("capacity", std::uint64_t{q.capacity});
    j.add("high_water", std::uint64_t{q.high_water});
    j.close();
  }
  j.close();
  j.open("reactor_lag_ns");
  j.add("p50", r.reactor_lag_p50_ns);
  j.add("p99", r.reactor_lag_p99_ns);
  j.close();
  j.open("services");
  for (const auto& [name, s] : r.services()) add_service(j, name, *s);
  j.close();
  j.add("mimalloc", r.mimalloc);
  j.add("workers_granted", std::uint64_t{r.workers_granted});
  j.close();
}

}  // namespace

std::string to_json(const report& r) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const memory = ::open_memstream(&text, &size);
  if (memory == nullptr) throw failure::from_errno(no_resources, "cannot make the report");
  json j{memory};
  write(j, r);
  std::fputc('\n', memory);
  const bool made = std::fclose(memory) == 0;
  const std::unique_ptr<char, decltype(&std::free)> owner{text, &std::free};
  if (!made) throw failure::from_errno(no_resources, "cannot make the report");
  return {text, size};
}

}  // namespace log_pipeline
