// generator.hpp - a log to work on: always the same for the same seed, and some of it broken on purpose.
//
// Line i depends on (seed, i) only. About one line in a thousand is invalid, in ways that logs are: cut off, empty, not
// JSON, a field missing, twice, or of the wrong kind, bytes that are no UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stop_signals.hpp"

namespace log_pipeline {

class generator {
 public:
  static constexpr std::size_t max_length = 512;

  explicit generator(std::uint64_t seed) noexcept : seed_{seed} {}

  /// Writes line i, its newline included, to `to`; returns where it ends. Requires max_length bytes of room.
  char* write_line(std::uint64_t i, char* to) const noexcept;

 private:
  std::uint64_t seed_;
};

/// The path of a generated log of that many lines in `directory`. Makes it when it is not there, or does not have as
/// many lines and the right last one (then the rest is as it was written: it appears under its name only when
/// complete). Looks for signals meanwhile.
/// Errors  failure(bad_input): the directory cannot be written, the disk has no room for it (which is seen before it is
///         filled); failure(interrupted + signal). Nothing unfinished is left behind.
std::string generated_log(const std::string& directory, std::uint64_t lines, std::uint64_t seed, stop_signals& stop);

}  // namespace log_pipeline
