// file_input.hpp - one file, or stdin: bytes on demand, and a stop that also wakes a read that waits for a silent pipe.
#pragma once

#include <cstdint>
#include <string>

#include "file_descriptor.hpp"
#include "input.hpp"
#include "stop_signals.hpp"

namespace log_pipeline {

class file_input final : public input {
 public:
  /// Opens a file for reading ahead; "-" is stdin.
  /// Errors  failure(bad_input): missing, unreadable, a directory
  file_input(const std::string& path, stop_signals& stop);

  /// Blocks no longer than a tenth of a second on what is not a file; then it is idle.
  /// Errors  failure(bad_input) when the system cannot read
  [[nodiscard]] chunk read(char* to, std::size_t room) override;

  /// The number of bytes of a file; 0 when that is not known.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// True when both are the same file.
  [[nodiscard]] bool is_same_file(int descriptor) const noexcept;

 private:
  [[nodiscard]] chunk wait();

  stop_signals& stop_;
  file_descriptor file_;
  std::uint64_t size_ = 0;
  bool regular_ = false;
};

}  // namespace log_pipeline
