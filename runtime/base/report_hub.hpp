// placeholder
#pragma once
#include <weir/report.hpp>
#include <array>
#include <atomic>
namespace weir::inline v0::base {
class report_hub {
 public:
  explicit report_hub(report_sink s) : sink_{std::move(s)} {}
  void report(const weir::report& r) noexcept { counts_[(int)r.kind].fetch_add(1, std::memory_order_relaxed); if (sink_) sink_(r); else fprintf(stderr, "weir: %.*s: %.*s\n", (int)r.name.size(), r.name.data(), (int)r.message.size(), r.message.data()); }
  std::uint64_t count(report_kind k) const noexcept { return counts_[(int)k].load(std::memory_order_relaxed); }
 private:
  report_sink sink_; std::array<std::atomic<std::uint64_t>, report_kinds> counts_{};
};
}
