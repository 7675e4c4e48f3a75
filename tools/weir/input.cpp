#include "input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "failure.hpp"

namespace weir_tool {

input::input(const std::string& path) : fd_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)}, size_{0} {
  if (fd_ < 0) throw failure{usage_or_io, path + ": " + std::strerror(errno)};
  struct stat s{};
  if (::fstat(fd_, &s) != 0 || !S_ISREG(s.st_mode)) {
    ::close(fd_);
    throw failure{usage_or_io, path + ": not a regular file (a trace is read more than once)"};
  }
  size_ = static_cast<std::uint64_t>(s.st_size);
}

input::~input() {
  if (fd_ >= 0) ::close(fd_);
}

std::size_t input::read(std::uint64_t offset, void* to, std::size_t n) const {
  if (offset >= size_) return 0;
  std::size_t done = 0;
  while (done < n) {
    const ssize_t got = ::pread(fd_, static_cast<char*>(to) + done, n - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw failure{usage_or_io, std::string{"reading the trace: "} + std::strerror(errno)};
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace weir_tool
