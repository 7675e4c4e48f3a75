#include "report.hpp"

#include <algorithm>
#include <cinttypes>

namespace log_pipeline {
namespace {

constexpr double mib = 1024.0 * 1024.0;

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void print_rejected(const report& r) {
  for (const shown_line& line : r.first_rejected)
    std::fprintf(stderr, "%s:%" PRIu64 ": %s\n", line.source.c_str(), line.number, to_string(line.why).data());
  const std::uint64_t bad = r.lines_rejected - r.lines_unwritten;
  if (bad > r.first_rejected.size())
    std::fprintf(stderr, "... and %" PRIu64 " more rejected lines\n", bad - r.first_rejected.size());
}

void print_services(const report& r, std::FILE* to) {
  std::fprintf(to, "\n%-16s %11s %10s %10s %8s %9s %9s %9s %9s\n", "service", "lines", "slow", "refused", "errors",
               "p50 us", "p90 us", "p99 us", "max us");
  for (const auto& [name, s] : r.services()) {
    const auto of = [&](category c) { return s->by_category[static_cast<std::size_t>(c)]; };
    std::fprintf(to,
                 "%-16s %11" PRIu64 " %10" PRIu64 " %10" PRIu64 " %7.3f%% %9" PRIu64 " %9" PRIu64 " %9" PRIu64
                 " %9" PRIu64 "\n",
                 name.c_str(), s->lines(), of(category::slow), of(category::refused), percent(s->failed(), s->lines()),
                 s->latency_us.percentile(0.5), s->latency_us.percentile(0.9), s->latency_us.percentile(0.99),
                 s->latency_us.max());
  }
}

}  // namespace

std::vector<std::pair<std::string, const service_statistics*>> report::services() const {
  std::vector<std::pair<std::string, const service_statistics*>> sorted;
  for (const auto& [name, s] : statistics.services()) sorted.emplace_back(name, &s);
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return sorted;
}

void print_table(const report& r, std::FILE* to) {
  print_rejected(r);
  std::fprintf(to, "output          %s\n", r.output.c_str());
  std::fprintf(to, "lines in        %12" PRIu64 "\n", r.lines_in);
  std::fprintf(to, "lines out       %12" PRIu64 "\n", r.lines_out);
  std::fprintf(to, "lines rejected  %12" PRIu64, r.lines_rejected);
  if (r.lines_unwritten != 0) std::fprintf(to, "   of them %" PRIu64 " valid but unwritten", r.lines_unwritten);
  std::fprintf(to, "\nwall            %12.3f s\n", r.wall_s);
  std::fprintf(to, "throughput      %12.0f lines/s\n", r.lines_per_s());
  std::fprintf(to, "CPU use         %12.2f processors busy, %u workers\n", r.cpu_util, r.workers_granted);
  std::fprintf(to, "peak RSS        %12.1f MiB   %.1f MiB above idle\n", static_cast<double>(r.peak_rss_bytes) / mib,
               static_cast<double>(r.peak_rss_bytes - r.idle_rss_bytes) / mib);
  const char* const malloc_name = r.mimalloc ? "mimalloc" : "the system's";
  if (r.runtime_allocations_per_line)
    std::fprintf(to, "allocations     %12.6f per line in the runtime after warm-up, malloc is %s\n",
                 *r.runtime_allocations_per_line, malloc_name);
  else
    std::fprintf(to, "allocations     not measured (takes more than %" PRIu64 " lines), malloc is %s\n", warm_up_lines,
                 malloc_name);
  for (const queue_usage& q : r.queues)
    std::fprintf(to, "queue %-16s %5zu of %zu at most\n", q.name.c_str(), q.high_water, q.capacity);
  if (r.reactor_lag_p99_ns == 0)
    std::fprintf(to, "reactor lag                -   the reactor had nothing to do\n");
  else
    std::fprintf(to, "reactor lag     %12.1f us p50, %.1f us p99\n", static_cast<double>(r.reactor_lag_p50_ns) * 1e-3,
                 static_cast<double>(r.reactor_lag_p99_ns) * 1e-3);
  print_services(r, to);
}

}  // namespace log_pipeline
