#include "base/latency_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace weir::inline v0::base {

std::uint64_t latency_histogram::count() const noexcept {
  std::uint64_t n = 0;
  for (const auto& bucket : buckets_) n += bucket.load(std::memory_order_relaxed);
  return n;
}

std::uint64_t latency_histogram::percentile_ns(double percent) const noexcept {
  const std::uint64_t total = count();
  if (total == 0) return 0;
  const double share = std::clamp(percent, 0.0, 100.0) / 100.0;
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i + 1 < bucket_count; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen >= rank) return std::min(upper_edge(i), max_ns());
  }
  return max_ns();  // the last bucket has no upper edge
}

void latency_histogram::add(const latency_histogram& other) noexcept {
  for (std::size_t i = 0; i < bucket_count; ++i)
    if (const std::uint64_t n = other.buckets_[i].load(std::memory_order_relaxed); n > 0)
      buckets_[i].fetch_add(n, std::memory_order_relaxed);
  sum_ns_.fetch_add(other.sum_ns(), std::memory_order_relaxed);
  const std::uint64_t theirs = other.max_ns();
  std::uint64_t max = max_ns();
  while (theirs > max && !max_ns_.compare_exchange_weak(max, theirs, std::memory_order_relaxed)) {
  }
}

void latency_histogram::reset() noexcept {
  for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
  sum_ns_.store(0, std::memory_order_relaxed);
  max_ns_.store(0, std::memory_order_relaxed);
}

}  // namespace weir::inline v0::base
