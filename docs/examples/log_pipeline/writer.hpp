// writer.hpp - the end of the line: writes enriched batches in the order they are given, and keeps the books.
//
// Identity: lines out + lines rejected == lines in. The left side is counted here, from what has really been written;
// the right side where lines come in (pipeline.hpp). main compares them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "batch.hpp"
#include "output.hpp"

namespace log_pipeline {

struct shown_line {
  std::string source;
  std::uint64_t number;  ///< from 1
  reject why;
};

/// One thread at a time.
class writer {
 public:
  explicit writer(output& to) noexcept : output_{to} {}

  /// Writes b. When the output has failed, its lines count as rejected: none is lost unseen.
  void write(const batch& b);

  [[nodiscard]] std::uint64_t lines_out() const noexcept { return lines_out_; }
  [[nodiscard]] std::uint64_t lines_rejected() const noexcept { return lines_rejected_ + lines_unwritten_; }
  [[nodiscard]] std::uint64_t lines_unwritten() const noexcept { return lines_unwritten_; }

  /// The first lines that were rejected for what they are, in input order.
  [[nodiscard]] const std::vector<shown_line>& first_rejected() const noexcept { return first_rejected_; }

 private:
  output& output_;
  std::uint64_t lines_out_ = 0;
  std::uint64_t lines_rejected_ = 0;
  std::uint64_t lines_unwritten_ = 0;
  std::vector<shown_line> first_rejected_;
};

}  // namespace log_pipeline
