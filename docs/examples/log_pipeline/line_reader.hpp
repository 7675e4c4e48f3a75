// line_reader.hpp - cuts a stream of bytes into batches that end where a line ends.
//
//   read ... {"ts":1}\n{"ts":2}\n{"t     -> batch: the two whole lines;  carry: {"t
//   read ... s":3}\n ...                 -> batch: carry + the rest of the line + ...
//
// Lines  end with \n; a last line without one counts as a line. An empty line is a line (and gets rejected).
// Limit  a line of more than max_line bytes is skipped without being kept, and becomes a batch of its own that has no
//        text and one rejected line, so that it is counted and numbered in its place.
// Stop   ends reading at once: the lines that are whole are passed on, the piece of a line behind them is not a line
// yet.
#pragma once

#include <string>

#include "batch.hpp"
#include "input.hpp"

namespace log_pipeline {

class line_reader {
 public:
  explicit line_reader(input& in) noexcept : in_{in} {}

  /// Fills an (empty) batch with at least one line. data: b is filled; otherwise it is not, and there is
  /// nothing to pass on: yet (idle), or any more (end, stopped).
  [[nodiscard]] input::state fill(batch& b);

  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_; }

 private:
  [[nodiscard]] input::state skip_to_newline(batch& b);
  [[nodiscard]] input::state end_of_input(batch& b, std::size_t whole);
  [[nodiscard]] input::state pass_on(batch& b, std::size_t whole);
  [[nodiscard]] input::state reject_long_line(batch& b);
  [[nodiscard]] input::chunk append(batch& b, std::size_t limit);

  input& in_;
  std::string carry_;  ///< the piece of a line that the last batch ended before
  std::uint64_t bytes_ = 0;
  bool skipping_ = false;  ///< inside a line that is too long
};

}  // namespace log_pipeline
