// base/latency_histogram.hpp - how long things took: counts in log-linear buckets.            [floor: base]
//
// Every power of two is divided into 32 buckets (HDR style): a percentile is at most 1/32 above the truth, from 1 ns
// to 73 minutes, in 10 KiB. Longer times are counted in the last bucket; max_ns() stays exact.
// Threads    record: any, wait-free but for the maximum. Queries: any, at any time; while others record, a query sees
//            some of it. Relaxed throughout: statistics order nothing.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir::inline v0::base {

class latency_histogram {
 public:
  /// Counts one observation. Cost: two or three uncontended atomic additions.
  void record(std::uint64_t ns) noexcept {
    buckets_[index_of(ns)].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(ns, std::memory_order_relaxed);
    std::uint64_t max = max_ns_.load(std::memory_order_relaxed);
    while (ns > max && !max_ns_.compare_exchange_weak(max, ns, std::memory_order_relaxed)) {
    }
  }

  [[nodiscard]] std::uint64_t count() const noexcept;
  [[nodiscard]] std::uint64_t sum_ns() const noexcept { return sum_ns_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t max_ns() const noexcept { return max_ns_.load(std::memory_order_relaxed); }

  /// The time that `percent` of the observations did not exceed: the upper edge of its bucket, never above max_ns().
  /// 0 when there are none. percent is clamped to [0, 100]; 0 is the smallest. Cost: a walk over 1216 buckets.
  [[nodiscard]] std::uint64_t percentile_ns(double percent) const noexcept;

  /// Adds everything the other one has counted.
  void add(const latency_histogram& other) noexcept;

  /// Forgets everything. Requires: nobody records at the same time, or it does not matter what becomes of it.
  void reset() noexcept;

  static constexpr unsigned precision_bits = 5;
  static constexpr unsigned range_bits = 42;
  static constexpr std::size_t linear = std::size_t{1} << precision_bits;
  static constexpr std::size_t bucket_count = (range_bits - precision_bits + 1) * linear;

  static constexpr std::size_t index_of(std::uint64_t ns) noexcept {
    if (ns >= std::uint64_t{1} << range_bits) return bucket_count - 1;
    if (ns < linear) return static_cast<std::size_t>(ns);
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - precision_bits;
    return shift * linear + static_cast<std::size_t>(ns >> shift);
  }

  /// The largest time that is counted in a bucket.
  static constexpr std::uint64_t upper_edge(std::size_t index) noexcept {
    if (index < linear) return index;
    const std::size_t shift = index / linear - 1;
    return ((index % linear + linear + 1) << shift) - 1;
  }

 private:
  std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
  std::atomic<std::uint64_t> sum_ns_{0};
  std::atomic<std::uint64_t> max_ns_{0};
};

}  // namespace weir::inline v0::base
