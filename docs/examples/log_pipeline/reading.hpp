// reading.hpp - the reader's side of the pipeline: files one after the other, or clients all at once.
#pragma once

#include <weir/runtime.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "file_input.hpp"
#include "pipeline.hpp"
#include "progress.hpp"
#include "stop_signals.hpp"

namespace log_pipeline {

/// Counts what is allocated between the end of the warm-up (warm_up_lines, report.hpp) and the end.
class allocation_meter {
 public:
  explicit allocation_meter(const weir::runtime& rt) : rt_{rt} {}

  /// Says how many lines have been read.
  void passed(std::uint64_t lines);

  /// Nothing when the warm-up has not ended.
  [[nodiscard]] std::optional<double> per_line(std::uint64_t lines) const;

 private:
  [[nodiscard]] std::uint64_t now() const;

  const weir::runtime& rt_;
  std::uint64_t from_ = 0;
  std::uint64_t from_line_ = 0;
  bool warm_ = false;
};

/// Everything here happens on, or is waited for by, the calling thread, which also draws the progress.
class reading {
 public:
  reading(pipeline& to, weir::runtime& rt, stop_signals& stop, std::uint64_t total_bytes, int output_descriptor)
      : pipeline_{to}, rt_{rt}, stop_{stop}, progress_{total_bytes, output_descriptor}, allocations_{rt} {}

  /// One file, to its end or the stop.
  /// Errors  failure(bad_input), after what came before the error has been passed on
  void read(file_input& in);

  /// Clients on HOST:PORT, until the stop.
  /// Errors  std::system_error, std::invalid_argument: the address cannot be listened on
  void listen(const std::string& where);

  [[nodiscard]] bool has_to_stop() noexcept { return stop_.received() != 0 || pipeline_.has_failed(); }
  [[nodiscard]] const allocation_meter& allocations() const noexcept { return allocations_; }

 private:
  batch_ptr wait_for_batch();
  void look_around();

  pipeline& pipeline_;
  weir::runtime& rt_;
  stop_signals& stop_;
  progress progress_;
  allocation_meter allocations_;
  std::uint64_t bytes_ = 0;
};

}  // namespace log_pipeline
