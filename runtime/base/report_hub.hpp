// base/report_hub.hpp - where all reports of one runtime go: a counter, and the sink.         [floor: base]
//
//   report() -> counter of its kind -> the user's sink, or stderr
//
// Threads    any, several at once. A sink that throws is counted and its report goes to stderr instead; a report made
//            while the user's sink runs on the same thread goes to stderr too, so a sink cannot call itself for ever.
// Owner      the runtime; outlives everything that reports.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <weir/report.hpp>

#include "base/stderr_sink.hpp"
#include "base/strict.hpp"

namespace weir::inline v0::base {

class report_hub {
 public:
  /// An empty sink means `fallback`, which outlives the hub. strict: see strict.hpp; the environment adds to it.
  explicit report_hub(report_sink sink = {}, stderr_sink& fallback = process_stderr(), bool strict = false) noexcept
      : sink_{std::move(sink)}, fallback_{fallback}, strict_{strict || strict_by_environment()} {}
  report_hub(const report_hub&) = delete;
  report_hub& operator=(const report_hub&) = delete;
  ~report_hub() { fallback_.say_left_out(); }

  void report(const weir::report& r) noexcept;

  /// Reports of a kind so far.
  [[nodiscard]] std::uint64_t count(report_kind kind) const noexcept;

  /// Indexed by report_kind.
  [[nodiscard]] std::array<std::uint64_t, report_kinds> counts() const noexcept;

  /// How often the user's sink threw.
  [[nodiscard]] std::uint64_t sink_failures() const noexcept { return sink_failures_.load(std::memory_order_relaxed); }

 private:
  bool deliver(const weir::report& r) noexcept;

  const report_sink sink_;
  stderr_sink& fallback_;
  const bool strict_;
  std::array<std::atomic<std::uint64_t>, report_kinds> counts_{};  // counters: order nothing
  std::atomic<std::uint64_t> sink_failures_{0};
};

}  // namespace weir::inline v0::base
