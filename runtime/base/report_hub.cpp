#include "base/report_hub.hpp"

namespace weir::inline v0::base {
namespace {

constinit thread_local bool inside_sink = false;

}  // namespace

void report_hub::report(const weir::report& r) noexcept {
  const auto kind = static_cast<std::size_t>(r.kind);
  if (kind < report_kinds) counts_[kind].fetch_add(1, std::memory_order_relaxed);
  if (!deliver(r)) fallback_(r);
  end_if_strict(strict_, r);
}

// False: the user's sink has not got it.
[[gnu::noinline]] bool report_hub::deliver(const weir::report& r) noexcept {
  if (!sink_ || inside_sink) return false;
  inside_sink = true;
  bool delivered = true;
  try {
    sink_(r);
  } catch (...) {
    sink_failures_.fetch_add(1, std::memory_order_relaxed);
    delivered = false;
  }
  inside_sink = false;
  return delivered;
}

std::uint64_t report_hub::count(report_kind kind) const noexcept {
  return counts_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
}

std::array<std::uint64_t, report_kinds> report_hub::counts() const noexcept {
  std::array<std::uint64_t, report_kinds> all{};
  for (std::size_t i = 0; i < report_kinds; ++i) all[i] = counts_[i].load(std::memory_order_relaxed);
  return all;
}

}  // namespace weir::inline v0::base
