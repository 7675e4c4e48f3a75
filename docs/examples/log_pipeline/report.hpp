// report.hpp - everything the run has to tell, as a table for people and as JSON for machines.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "statistics.hpp"
#include "writer.hpp"

namespace log_pipeline {

/// Allocations of the runtime are counted after that many lines.
inline constexpr std::uint64_t warm_up_lines = 200'000;

struct queue_usage {
  std::string name;
  std::size_t capacity;
  std::size_t high_water;
};

struct report {
  std::string output;
  std::uint64_t lines_in = 0, lines_out = 0, lines_rejected = 0, lines_unwritten = 0;
  std::vector<shown_line> first_rejected;
  double wall_s = 0;
  double cpu_util = 0;  ///< processors busy on average: CPU seconds per second
  std::uint64_t idle_rss_bytes = 0, peak_rss_bytes = 0;
  std::optional<double> runtime_allocations_per_line;  ///< nothing: there was no line after the warm-up
  std::vector<queue_usage> queues;
  std::uint64_t reactor_lag_p50_ns = 0, reactor_lag_p99_ns = 0;
  bool mimalloc = false;
  unsigned workers_granted = 0;
  log_pipeline::statistics statistics;

  [[nodiscard]] double lines_per_s() const noexcept {
    return wall_s > 0 ? static_cast<double>(lines_in) / wall_s : 0.0;
  }
  [[nodiscard]] bool balances() const noexcept { return lines_in == lines_out + lines_rejected; }

  /// The services by name.
  [[nodiscard]] std::vector<std::pair<std::string, const service_statistics*>> services() const;
};

/// Prints the rejected lines (to stderr) and the table.
void print_table(const report& r, std::FILE* to);

/// The keys are those of the table; latencies in microseconds, minutes as "2026-01-01T00:07Z" or "other"; what was not
/// measured is null. Ends with a newline.
[[nodiscard]] std::string to_json(const report& r);

}  // namespace log_pipeline
