// file_input.hpp - one file, or stdin: bytes on demand, and a stop that also wakes a read that waits for a silent pipe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "failure.hpp"
#include "file_descriptor.hpp"
#include "file_identity.hpp"
#include "input.hpp"
#include "stop_signals.hpp"

namespace log_pipeline {

class file_input final : public input {
 public:
  /// Opens a file for reading ahead; "-" is stdin. Does not wait for a named pipe's writer: its absence is silence.
  /// Errors  failure(bad_input): missing, unreadable, a directory
  file_input(const std::string& path, stop_signals& stop);

  /// Blocks no longer than a tenth of a second on what is not a file; then it is idle. An error of the system stops the
  /// reading: what came before it counts.
  [[nodiscard]] chunk read(char* to, std::size_t room) override;

  /// Why the system could not read on, if so: failure(bad_input).
  [[nodiscard]] const std::optional<failure>& error() const noexcept { return error_; }

  /// The number of bytes of a file; 0 when that is not known.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// False: a pipe, a terminal, a socket. What has come through it is gone when it is closed.
  [[nodiscard]] bool is_regular() const noexcept { return regular_; }

  [[nodiscard]] file_identity identity() const noexcept { return file_identity::of(file_.get()); }

 private:
  [[nodiscard]] chunk wait();
  [[nodiscard]] chunk fail(const std::string& doing);

  stop_signals& stop_;
  file_descriptor file_;
  std::uint64_t size_ = 0;
  bool regular_ = false;
  std::optional<failure> error_;
};

}  // namespace log_pipeline
