#include <weir/callback.hpp>

#include <atomic>
#include <cstdio>
#include <string>

namespace weir::inline v0 {
namespace {

constinit std::atomic<std::uint64_t> late{0};  // statistics: relaxed, orders nothing

}  // namespace

std::uint64_t late_callbacks() noexcept { return late.load(std::memory_order_relaxed); }

namespace detail {

std::exception_ptr broken_callback(const callback_site& site) noexcept {
  try {
    return std::make_exception_ptr(
        broken_completion{std::string{"weir: '"} + site.name + "' was dropped without having been called"});
  } catch (...) {
    return std::current_exception();
  }
}

void report_late_callback(const callback_site& site, bool after_stop) noexcept {
  late.fetch_add(1, std::memory_order_relaxed);
  char line[512];
  std::snprintf(line, sizeof line, "called %s; awaited at %s:%u",
                after_stop ? "after its task had been stopped" : "again: there was a result already",
                site.where.file_name(), static_cast<unsigned>(site.where.line()));
  report_here({report_kind::late_callback, site.name, line, nullptr});
}

bool completion_moved_from() noexcept {
  late.fetch_add(1, std::memory_order_relaxed);
  report_here({report_kind::late_callback, "completion", "called after it was moved from", nullptr});
  return false;
}

}  // namespace detail
}  // namespace weir::inline v0
