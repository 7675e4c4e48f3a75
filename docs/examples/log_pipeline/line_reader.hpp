// line_reader.hpp - cuts a stream of bytes into batches that end where a line ends.
//
//   read ... {"ts":1}\n{"ts":2}\n{"t     -> batch: the two whole lines;  carry: {"t
//   read ... s":3}\n ...                 -> batch: carry + the rest of the line + ...
//
// Lines  end with \n; a last line without one counts as a line. An empty line is a line (and gets rejected).
// Limit  a line of more than max_line bytes is skipped without being kept, and becomes a batch of its own that has no
//        text and one rejected line, so that it is counted and numbered in its place.
// Stop   ends reading at once: the lines that are whole are passed on, and the piece of a line behind them counts as a
//        rejected one (batch::cut_off).
// Cost   of a line that comes in many pieces: each byte is looked at once and copied twice. While a batch is filled,
//        the carry's place in front of the new bytes is empty; the carry moves there when its line ends. When it does
//        not end, the new bytes move behind the carry.
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

  /// The memory that an unfinished line takes.
  [[nodiscard]] std::size_t held() const noexcept { return carry_.capacity(); }

  /// True when fill() would pass on something at a stop, though nothing more has come.
  [[nodiscard]] bool owes_a_line() const noexcept { return !carry_.empty() || given_up_ != reject::none; }

  /// Forgets the unfinished line and gives its memory back; it will be counted as rejected, in its place.
  void give_up_line(reject why) noexcept;

 private:
  [[nodiscard]] input::state skip_to_newline(batch& b);
  [[nodiscard]] input::state end_of_input(batch& b, std::size_t whole);
  [[nodiscard]] input::state stopped(batch& b, std::size_t whole);
  [[nodiscard]] input::state pass_on(batch& b, std::size_t whole);
  [[nodiscard]] input::state pass_on_rejected(batch& b);
  [[nodiscard]] input::chunk append(batch& b, std::size_t limit);
  void clear_carry() noexcept;

  input& in_;
  std::string carry_;  ///< the piece of a line that the last batch ended before; has no newline
  std::uint64_t bytes_ = 0;
  bool skipping_ = false;           ///< inside a line that is too long
  reject given_up_ = reject::none;  ///< why the line that is skipped is; none when that has been passed on
};

}  // namespace log_pipeline
