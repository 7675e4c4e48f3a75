// base/stderr_sink.hpp - the default report sink: one line each on stderr, at most ten a second. [floor: base]
//
// A line is one write of at most 1 KiB: lines of several threads do not mix. How many were left out stands in the
// next line, or is said when a runtime ends.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <weir/report.hpp>

#include "base/rate_limit.hpp"

namespace weir::inline v0::base {

class stderr_sink {
 public:
  using clock_fn = std::uint64_t (*)() noexcept;  ///< seconds; must not run backwards

  /// fd and clock are for tests.
  explicit constexpr stderr_sink(int fd = 2, clock_fn seconds = &monotonic_seconds) noexcept
      : fd_{fd}, seconds_{seconds} {}
  stderr_sink(const stderr_sink&) = delete;
  stderr_sink& operator=(const stderr_sink&) = delete;
  ~stderr_sink() = default;

  /// Any thread. Never throws; a stderr that cannot be written swallows the line.
  void operator()(const report& r) noexcept;

  /// The same past the rate limit: strict mode ends the process.
  void last_words(const report& r) noexcept;

  /// Reports of a kind that came here so far, those left out included.
  [[nodiscard]] std::uint64_t seen(report_kind kind) const noexcept {
    return seen_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
  }

  /// Says how many lines were left out and not yet spoken of, if any.
  void say_left_out() noexcept;

 private:
  static std::uint64_t monotonic_seconds() noexcept;

  rate_limit limit_{10};
  std::array<std::atomic<std::uint64_t>, report_kinds> seen_{};  // statistics: order nothing
  int fd_;
  clock_fn seconds_;
};

/// The process' own: all runtimes together write ten lines a second. Never destroyed.
stderr_sink& process_stderr() noexcept;

}  // namespace weir::inline v0::base
