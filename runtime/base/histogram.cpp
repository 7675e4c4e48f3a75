#include "base/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace weir::inline v0::base {

std::uint64_t histogram::percentile(double share) const noexcept {
  const std::uint64_t total = count();
  if (total == 0) return 0;
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(total));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen >= rank) return std::min(upper_edge(i), max());
  }
  return max();  // counted after the buckets that were read already
}

void histogram::record_shared(std::uint64_t value) noexcept {
  buckets_[index_of(value)].fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
  raise_max(value);
}

void histogram::raise_max(std::uint64_t to) noexcept {
  std::uint64_t now = max();
  while (to > now && !max_.compare_exchange_weak(now, to, std::memory_order_relaxed)) {
  }
}

void histogram::add(const histogram& other) noexcept {
  std::uint64_t added = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    const std::uint64_t n = other.buckets_[i].load(std::memory_order_relaxed);
    if (n == 0) continue;
    buckets_[i].fetch_add(n, std::memory_order_relaxed);
    added += n;
  }
  count_.fetch_add(added, std::memory_order_relaxed);
  sum_.fetch_add(other.sum(), std::memory_order_relaxed);
  raise_max(other.max());
}

}  // namespace weir::inline v0::base
