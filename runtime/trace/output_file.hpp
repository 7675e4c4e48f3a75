// trace/output_file.hpp - a buffered file whose every error is an exception.                  [floor: trace]
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0::tracing {

class output_file {
 public:
  /// Creates or truncates the file. Errors: std::system_error that names it.
  explicit output_file(const std::string& path);
  output_file(output_file&& other) noexcept;
  output_file& operator=(output_file&&) = delete;
  ~output_file();

  /// Errors: std::system_error that names the file.
  void append(std::string_view text);

  /// Writes what is buffered and closes. Errors: as append; the file is closed all the same.
  void close();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  void flush();

  std::string path_;
  std::string buffer_;
  int fd_;
};

}  // namespace weir::inline v0::tracing
