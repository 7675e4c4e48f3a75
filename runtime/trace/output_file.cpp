#include "trace/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace weir::inline v0::tracing {
namespace {

constexpr std::size_t buffer_limit = std::size_t{1} << 16U;

[[noreturn]] void fail(const char* operation, const std::string& path) {
  const int error = errno;
  throw std::system_error{error, std::generic_category(),
                          std::string{"weir: cannot "} + operation + " trace file \"" + path + '"'};
}

}  // namespace

output_file::output_file(const std::string& path)
    : path_{path}, fd_{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)} {
  if (fd_ < 0) fail("open", path);
}

output_file::output_file(output_file&& other) noexcept
    : path_{std::move(other.path_)}, buffer_{std::move(other.buffer_)}, fd_{std::exchange(other.fd_, -1)} {}

output_file::~output_file() {
  if (fd_ >= 0) ::close(fd_);
}

void output_file::append(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= buffer_limit) flush();
}

void output_file::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path_);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

void output_file::close() {
  flush();
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0 && errno != EINTR) fail("close", path_);
}

}  // namespace weir::inline v0::tracing
