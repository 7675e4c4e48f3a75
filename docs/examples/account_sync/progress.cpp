#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace account_sync {
namespace {

constexpr auto interval = std::chrono::milliseconds{200};
constexpr const char* erase_line = "\r\x1b[K";

}  // namespace

progress::progress(const char* shape, std::size_t accounts)
    : shape_{shape}, accounts_{accounts}, on_terminal_{::isatty(STDERR_FILENO) == 1} {}

progress::~progress() {
  if (on_terminal_) std::fputs(erase_line, stderr);
}

bool progress::is_due() noexcept {
  if (!on_terminal_ || clock::now() < next_) return false;
  next_ = clock::now() + interval;
  return true;
}

void progress::draw(std::size_t settled, std::size_t in_flight, std::size_t failed) const {
  constexpr std::size_t width = 24;
  const std::size_t full = std::min(width, settled * width / std::max<std::size_t>(accounts_, 1));
  const std::string bar = std::string(full, '#') + std::string(width - full, '.');
  std::fprintf(stderr, "%s%-9s [%s] %zu of %zu  in flight %zu  failed %zu", erase_line, shape_, bar.c_str(), settled,
               accounts_, in_flight, failed);
}

}  // namespace account_sync
