// input.hpp - one file, or stdin: bytes on demand, and a stop that also wakes a read that waits for a silent pipe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "batch.hpp"
#include "file_descriptor.hpp"
#include "stop_signals.hpp"

namespace log_pipeline {

class input {
 public:
  enum class state {
    data,
    end,
    idle,     ///< a pipe that said nothing for a tenth of a second: pass on what is there
    stopped,  ///< SIGINT or SIGTERM
  };
  struct chunk {
    input::state state;
    std::size_t size = 0;
  };

  /// Opens a file for reading ahead; "-" is stdin.
  /// Errors  failure(bad_input): missing, unreadable, a directory
  input(const std::string& path, stop_signals& stop);

  /// Reads up to room bytes. Blocks no longer than a tenth of a second on what is not a file.
  /// Errors  failure(bad_input) when the system cannot read
  [[nodiscard]] chunk read(char* to, std::size_t room);

  [[nodiscard]] const std::shared_ptr<log_pipeline::source>& source() const noexcept { return source_; }

  /// The number of bytes of a file; 0 when that is not known.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// True when both are the same file.
  [[nodiscard]] bool is_same_file(int descriptor) const noexcept;

 private:
  [[nodiscard]] chunk wait();

  std::shared_ptr<log_pipeline::source> source_;
  stop_signals& stop_;
  file_descriptor file_;
  std::uint64_t size_ = 0;
  bool regular_ = false;
};

}  // namespace log_pipeline
