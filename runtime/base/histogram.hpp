// base/histogram.hpp - counts of durations, with percentiles.                                [floor: base]
//
// Buckets  8 per power of two, so a percentile is at most 12.5 % above the true value; 0 to 2^63 ns, 4 KiB, no
// overflow. Threads  one writer; any number of readers, who see each bucket whole but not one instant of all of them.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir::inline v0::base {

class histogram {
 public:
  void record(std::uint64_t value) noexcept {
    add(buckets_[index(value)], 1);
    add(count_, 1);
    if (value > max_.load(std::memory_order_relaxed)) max_.store(value, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_.load(std::memory_order_relaxed); }

  /// The upper edge of the bucket below which `share` (0 to 1) of all values lie, at most max(); 0 when empty.
  [[nodiscard]] std::uint64_t percentile(double share) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count()));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i].load(std::memory_order_relaxed);
      if (seen > wanted) return std::min(upper_edge(i), max());
    }
    return max();
  }

 private:
  static constexpr unsigned sub_bits = 3;
  static constexpr std::uint64_t linear = std::uint64_t{1} << sub_bits;  // values below have a bucket of their own

  static std::size_t index(std::uint64_t value) noexcept {
    if (value < linear) return static_cast<std::size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
    return static_cast<std::size_t>((std::uint64_t{shift} + 1) * linear + ((value >> shift) - linear));
  }
  static std::uint64_t upper_edge(std::size_t i) noexcept {
    if (i < linear) return i;
    const std::uint64_t shift = i / linear - 1;
    return ((i % linear + linear + 1) << shift) - 1;
  }
  // One writer, so a load and a store do; relaxed: statistics, they order nothing.
  static void add(std::atomic<std::uint64_t>& cell, std::uint64_t n) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, (64 - sub_bits + 1) * linear> buckets_{};
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> max_{0};
};

}  // namespace weir::inline v0::base
