// convert/output_file.hpp - where a conversion goes: a file or stdout, buffered. A file that could not be written to
// its end is removed.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace weir_tool {

class output_file {
 public:
  /// "-" is stdout. Errors  failure{usage_or_io}, also for a file that is `not_this`
  output_file(const std::string& path, const std::string& not_this);
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file();

  void write(std::string_view bytes);

  /// Errors  failure{usage_or_io}: not all of it could be written
  void close();

 private:
  void check(bool written) const;
  std::string path_;
  std::FILE* file_;
};

}  // namespace weir_tool
