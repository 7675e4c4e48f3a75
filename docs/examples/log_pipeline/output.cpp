#include "output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

namespace log_pipeline {
namespace {

constexpr int look_again_ms = 50;  // no event tells that a named pipe has got a reader

int open_output(const std::string& path) noexcept {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
}

}  // namespace

output::output(const std::string& path)
    : name_{path == "-" ? "stdout" : path},
      file_{path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open_output(path)},
      truncate_{path != "-"} {
  const int error = errno;
  if (!file_.is_open() && !(error == ENXIO && file_identity::of(path).is_pipe()))
    throw failure::from_errno(bad_output, "cannot write to " + name_, error);
}

void output::wait_for_reader(stop_signals& stop) {
  while (!file_.is_open()) {
    if (const int signal = stop.received(); signal != 0) throw failure::stopped(signal, "nobody reads " + name_);
    pollfd signalled{stop.descriptor(), POLLIN, 0};
    ::poll(&signalled, 1, look_again_ms);
    file_ = file_descriptor{open_output(name_)};
    if (!file_.is_open() && errno != ENXIO) throw failure::from_errno(bad_output, "cannot write to " + name_);
  }
}

void output::begin() noexcept {
  if (truncate_ && ::ftruncate(file_.get(), 0) != 0 && errno != EINVAL) fail("empty");  // EINVAL: not a file
  truncate_ = false;
}

std::size_t output::write(std::string_view text) noexcept {
  begin();
  std::size_t done = 0;
  while (done < text.size() && !error_) {
    const ssize_t n = ::write(file_.get(), text.data() + done, text.size() - done);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {  // a named pipe, or someone made stdout non-blocking
      pollfd writable{file_.get(), POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      fail("write to");
    }
  }
  if (done == text.size()) return done;
  const std::size_t newline = text.substr(0, done).rfind('\n');
  const std::size_t whole = newline == text.npos ? 0 : newline + 1;
  cut_back(done - whole);
  return whole;
}

void output::close() noexcept {
  if (file_.is_open()) begin();
  if (!file_.close() && !error_) fail("close");
}

void output::fail(const std::string& doing) noexcept {
  error_ = failure::from_errno(bad_output, "cannot " + doing + " " + name_);
}

void output::cut_back(std::size_t partial) noexcept {
  struct stat about;
  if (partial == 0 || ::fstat(file_.get(), &about) != 0 || !S_ISREG(about.st_mode)) return;
  const off_t end = ::lseek(file_.get(), 0, SEEK_CUR) - static_cast<off_t>(partial);
  if (::ftruncate(file_.get(), end) == 0) (void)::lseek(file_.get(), end, SEEK_SET);
}

}  // namespace log_pipeline
