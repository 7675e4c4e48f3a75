// output.hpp - where the enriched lines go: a file, or stdout. Whole lines, whatever happens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "failure.hpp"
#include "file_descriptor.hpp"
#include "file_identity.hpp"
#include "stop_signals.hpp"

namespace log_pipeline {

class output {
 public:
  /// Opens a file, which keeps its content until the first write; "-" is stdout. A named pipe that nobody reads stays
  /// unopened: see wait_for_reader().
  /// Errors  failure(bad_output)
  explicit output(const std::string& path);

  /// To be called before the first write. Waits until somebody reads a named pipe, or a signal comes.
  /// Errors  failure(interrupted + signal); failure(bad_output)
  void wait_for_reader(stop_signals& stop);

  /// Writes text, which must consist of whole lines. Returns how many bytes of whole lines were written: all of them,
  /// or fewer when the output has failed. A file is then cut back to its last whole line; later writes do nothing.
  std::size_t write(std::string_view text) noexcept;

  /// To be called at the end; empties a file to which nothing was written.
  void close() noexcept;

  /// Why the output does not take any more, if so.
  [[nodiscard]] const std::optional<failure>& error() const noexcept { return error_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] int descriptor() const noexcept { return file_.get(); }
  [[nodiscard]] file_identity identity() const noexcept {
    return file_.is_open() ? file_identity::of(file_.get()) : file_identity::of(name_);
  }

 private:
  void begin() noexcept;
  void fail(const std::string& doing) noexcept;
  void cut_back(std::size_t partial) noexcept;

  std::string name_;
  file_descriptor file_;
  bool truncate_ = false;  ///< a file of ours whose old content is still there
  std::optional<failure> error_;
};

}  // namespace log_pipeline
