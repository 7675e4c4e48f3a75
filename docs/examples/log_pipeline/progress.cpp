#include "progress.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace log_pipeline {
namespace {

constexpr auto interval = std::chrono::milliseconds{200};
constexpr const char* erase_line = "\r\x1b[K";

std::string bar(double share) {
  constexpr std::size_t width = 24;
  const auto full = std::min(width, static_cast<std::size_t>(share * width));
  return "[" + std::string(full, '#') + std::string(width - full, '.') + "] ";
}

/// The same device; /dev/tty is whatever the terminal is.
bool are_one_terminal(int a, int b) {
  struct stat of_a;
  struct stat of_b;
  if (::isatty(a) != 1 || ::isatty(b) != 1 || ::fstat(a, &of_a) != 0 || ::fstat(b, &of_b) != 0) return false;
  const dev_t any = makedev(5, 0);
  return of_a.st_rdev == of_b.st_rdev || of_a.st_rdev == any || of_b.st_rdev == any;
}

}  // namespace

progress::progress(std::uint64_t total_bytes, int output_descriptor)
    : total_bytes_{total_bytes},
      on_terminal_{::isatty(STDERR_FILENO) == 1 && !are_one_terminal(STDERR_FILENO, output_descriptor)} {}

progress::~progress() {
  if (on_terminal_) std::fputs(erase_line, stderr);
}

bool progress::is_due() noexcept {
  if (!on_terminal_ || clock::now() < next_) return false;
  next_ = clock::now() + interval;
  return true;
}

void progress::draw(const state& now) const {
  const double elapsed = std::chrono::duration<double>(clock::now() - begin_).count();
  std::string text = erase_line;
  char part[160];
  if (total_bytes_ != 0) {
    const double share = std::min(1.0, static_cast<double>(now.bytes) / static_cast<double>(total_bytes_));
    std::snprintf(part, sizeof part, "%3.0f%%  ETA %.0f s  ", 100 * share, share > 0 ? elapsed / share - elapsed : 0.0);
    text += bar(share) + part;
  }
  std::snprintf(part, sizeof part, "%.2f M lines/s  in flight %zu/%zu  to be written %zu  jobs %zu",
                elapsed > 0 ? static_cast<double>(now.lines) / elapsed * 1e-6 : 0.0, now.batches - now.free_batches,
                now.batches, now.waiting_for_writer, now.queued_jobs);
  text += part;
  std::fputs(text.c_str(), stderr);
}

}  // namespace log_pipeline
