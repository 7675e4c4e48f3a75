#include "terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace weir_tool {
namespace {

bool colours() {
  static const bool answer = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return answer;
}

}  // namespace

std::string in_colour(std::string_view text, colour c) {
  static constexpr std::array codes{"", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[32m"};
  if (c == colour::plain || !colours()) return std::string{text};
  return std::string{codes.at(static_cast<std::size_t>(c))}.append(text).append("\x1b[0m");
}

progress::progress(const char* what, std::uint64_t total)
    : what_{what},
      total_{std::max<std::uint64_t>(total, 1)},
      next_{::isatty(STDERR_FILENO) == 1 ? std::max<std::uint64_t>(total / 100, 50'000)
                                         : std::numeric_limits<std::uint64_t>::max()} {}

progress::~progress() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void progress::show() {
  shown_ = true;
  std::fprintf(stderr, "\r%s %3.0f %%", what_,
               100.0 * static_cast<double>(std::min(done_, total_)) / static_cast<double>(total_));
  next_ = done_ + std::max<std::uint64_t>(total_ / 100, 50'000);
}

}  // namespace weir_tool
