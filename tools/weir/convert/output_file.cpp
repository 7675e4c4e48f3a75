#include "convert/output_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "failure.hpp"

namespace weir_tool {

output_file::output_file(const std::string& path, const std::string& not_this) : path_{path}, file_{stdout} {
  if (path == "-") return;
  std::error_code differs;
  if (std::filesystem::equivalent(path, not_this, differs)) throw failure{usage_or_io, path + " is the trace itself"};
  file_ = std::fopen(path.c_str(), "we");
  check(file_ != nullptr);
}

output_file::~output_file() {
  if (file_ == nullptr || file_ == stdout) return;
  struct stat about{};
  const bool regular = ::fstat(::fileno(file_), &about) == 0 && S_ISREG(about.st_mode);
  std::fclose(file_);
  if (regular) ::unlink(path_.c_str());  // not closed: it is incomplete
}

void output_file::check(bool written) const {
  if (!written) throw failure{usage_or_io, (path_ == "-" ? "stdout" : path_) + ": " + std::strerror(errno)};
}

void output_file::write(std::string_view bytes) {
  check(std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size());
}

void output_file::close() {
  check(std::fflush(file_) == 0);
  if (file_ != stdout) check(std::fclose(std::exchange(file_, nullptr)) == 0);
}

}  // namespace weir_tool
