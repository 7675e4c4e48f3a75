#include "base/report.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>

namespace weir::inline v0 {

std::string_view to_string(report_kind kind) noexcept {
  static constexpr std::array<std::string_view, report_kinds> names{
      "unhandled_exception", "uncancellable",   "slow_continuation", "dropped",
      "never_awaited",       "workers_blocked", "resource"};
  const auto index = static_cast<std::size_t>(kind);
  return index < names.size() ? names[index] : "unknown";
}

namespace base {
namespace {

constexpr unsigned lines_per_second = 10;

// Relaxed throughout: a limit, not a protocol. Racing threads may let a line more or less pass, none is uncounted.
struct rate_limit {
  std::atomic<std::int64_t> second{-1};
  std::atomic<unsigned> lines{0};
  std::atomic<std::uint64_t> left_out{0};

  // True when a line may be written; then `missed` is how many were not since the last one.
  bool pass(std::uint64_t& missed) noexcept {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    if (second.exchange(now, std::memory_order_relaxed) != now) lines.store(0, std::memory_order_relaxed);
    if (lines.fetch_add(1, std::memory_order_relaxed) >= lines_per_second) {
      left_out.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    missed = left_out.exchange(0, std::memory_order_relaxed);
    return true;
  }
};

constinit rate_limit limit;

// A line on the stack, cut when it gets too long.
class line {
 public:
  void add(std::string_view text) noexcept {
    const std::size_t n = std::min(text.size(), text_.size() - 1 - length_);
    std::copy_n(text.data(), n, text_.data() + length_);
    length_ += n;
  }
  void write() noexcept {
    text_[length_++] = '\n';
    const int saved = errno;
    if (::write(STDERR_FILENO, text_.data(), length_) < 0) {
      // stderr is closed or full: there is nobody left to tell
    }
    errno = saved;
  }

 private:
  std::array<char, 512> text_{};
  std::size_t length_ = 0;
};

void add_error(line& out, const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    out.add(": ");
    out.add(e.what());
  } catch (...) {
    out.add(": an exception that is not a std::exception");
  }
}

}  // namespace

void report_by_default(const report& r) noexcept {
  std::uint64_t missed = 0;
  if (!limit.pass(missed)) return;
  line out;
  out.add("weir: ");
  out.add(to_string(r.kind));
  if (!r.name.empty()) {
    out.add(" in ");
    out.add(r.name);
  }
  out.add(": ");
  out.add(r.message);
  if (r.error != nullptr) add_error(out, r.error);
  if (missed != 0) {
    std::array<char, 64> text{};
    const int n =
        std::snprintf(text.data(), text.size(), " (%llu reports left out)", static_cast<unsigned long long>(missed));
    out.add({text.data(), static_cast<std::size_t>(std::max(n, 0))});
  }
  out.write();
}

}  // namespace base
}  // namespace weir::inline v0
