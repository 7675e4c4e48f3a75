// input_list.hpp - the files to read, in their order.
//
// All are looked at before the first is read, so that a wrong name costs nothing. What is no file stays open from then
// on: a pipe's writer must not see its reader leave. A file is closed again, and opened when its turn comes: there may
// be more of them than a process may have descriptors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "file_identity.hpp"
#include "file_input.hpp"

namespace log_pipeline {

class input_list {
 public:
  /// Errors  failure(bad_input), as file_input
  input_list(const std::vector<std::string>& paths, stop_signals& stop);

  [[nodiscard]] std::size_t size() const noexcept { return inputs_.size(); }

  /// 0 when that is not known of all of them.
  [[nodiscard]] std::uint64_t total_bytes() const noexcept;

  /// The name of the first one that is this file; null when none is.
  [[nodiscard]] const std::string* find(const file_identity& file) const noexcept;

  /// Number i, for reading. Once for each.
  /// Errors  failure(bad_input), as file_input
  [[nodiscard]] std::unique_ptr<file_input> take(std::size_t i);

 private:
  struct entry {
    std::string path;
    std::uint64_t bytes;
    file_identity identity;
    std::unique_ptr<file_input> kept;
  };

  stop_signals& stop_;
  std::vector<entry> inputs_;
};

}  // namespace log_pipeline
