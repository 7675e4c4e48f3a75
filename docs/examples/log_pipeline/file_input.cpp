#include "file_input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

namespace log_pipeline {
namespace {

constexpr int idle_ms = 100;

file_descriptor open_input(const std::string& path) {
  return file_descriptor{path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
}

}  // namespace

file_input::file_input(const std::string& path, stop_signals& stop)
    : input{path == "-" ? "stdin" : path}, stop_{stop}, file_{open_input(path)} {
  if (!file_.is_open()) throw failure::from_errno(bad_input, "cannot open " + source()->name);
  struct stat about;
  if (::fstat(file_.get(), &about) != 0) throw failure::from_errno(bad_input, "cannot read " + source()->name);
  if (S_ISDIR(about.st_mode)) throw failure::from_errno(bad_input, "cannot read " + source()->name, EISDIR);
  regular_ = S_ISREG(about.st_mode);
  if (!regular_) return;
  size_ = static_cast<std::uint64_t>(about.st_size);
  (void)::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);  // doubles the kernel's read-ahead
}

input::chunk file_input::read(char* to, std::size_t room) {
  if (error_ || stop_.received() != 0) return {state::stopped};
  if (!regular_)
    if (const chunk silence = wait(); silence.state != state::data) return silence;
  for (;;) {
    const ssize_t got = ::read(file_.get(), to, room);
    if (got > 0) return {state::data, static_cast<std::size_t>(got)};
    if (got == 0) return {state::end};
    if (errno == EAGAIN) return {state::idle};
    if (errno != EINTR) return fail("read");
  }
}

input::chunk file_input::wait() {
  pollfd watched[] = {{file_.get(), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}};
  const int ready = ::poll(watched, 2, idle_ms);
  if (ready < 0 && errno != EINTR) return fail("wait for");
  if (ready <= 0) return {state::idle};
  if (stop_.received() != 0) return {state::stopped};
  return {state::data};
}

input::chunk file_input::fail(const std::string& doing) {
  error_ = failure::from_errno(bad_input, "cannot " + doing + " " + source()->name);
  return {state::stopped};
}

}  // namespace log_pipeline
