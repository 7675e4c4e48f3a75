#include "base/stderr_sink.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <exception>
#include <string_view>

namespace weir::inline v0::base {
namespace {

// One line in a buffer of its own: reporting must work when memory is what ran out.
class line {
 public:
  line& operator<<(std::string_view text) noexcept {
    const std::size_t n = std::min(text.size(), text_.size() - 1 - used_);  // room for the newline
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(n), text_.begin() + used_,
                   [](char c) { return c == '\n' || c == '\r' ? ' ' : c; });
    used_ += n;
    return *this;
  }
  line& operator<<(std::uint64_t number) noexcept {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this << std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())};
  }
  void write_to(int fd) noexcept {
    text_[used_] = '\n';
    while (::write(fd, text_.data(), used_ + 1) < 0 && errno == EINTR) {
    }
  }

 private:
  std::array<char, 1024> text_;
  std::size_t used_ = 0;
};

void append_error(line& to, const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    to << ": " << std::string_view{e.what()};
  } catch (...) {
    to << ": an exception that is no std::exception";
  }
}

void append_report(line& to, const report& r) noexcept {
  to << to_string(r.kind);
  if (!r.name.empty()) to << " in " << r.name;
  if (!r.message.empty()) to << ": " << r.message;
  if (r.error) append_error(to, r.error);
}

}  // namespace

std::uint64_t stderr_sink::monotonic_seconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec);
}

void stderr_sink::operator()(const report& r) noexcept {
  if (const auto kind = static_cast<std::size_t>(r.kind); kind < report_kinds)
    seen_[kind].fetch_add(1, std::memory_order_relaxed);
  const auto left_out = limit_.admit(seconds_());
  if (!left_out) return;
  const int saved = errno;
  line text;
  text << "weir: ";
  append_report(text, r);
  if (*left_out > 0) text << " (reports left out before this one: " << *left_out << ")";
  text.write_to(fd_);
  errno = saved;
}

void stderr_sink::last_words(const report& r) noexcept {
  line text;
  text << "weir: strict mode ends the process: ";
  append_report(text, r);
  text.write_to(fd_);
}

void stderr_sink::say_left_out() noexcept {
  if (const std::uint64_t n = limit_.take_left_out(); n > 0) (line{} << "weir: reports left out: " << n).write_to(fd_);
}

stderr_sink& process_stderr() noexcept {
  static constinit stderr_sink sink;
  return sink;
}

}  // namespace weir::inline v0::base
