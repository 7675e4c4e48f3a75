// base/histogram.hpp - counts of durations, with percentiles.                                [floor: base]
//
// Buckets    32 per power of two (HDR style): a percentile is at most 1/32 above the true value; 0 to 2^64 - 1, so
//            nothing overflows, in 15 KiB. max() and sum() are exact (the sum modulo 2^64).
// Threads    record: one writer. record_shared: any, instead of record, never beside it. Any number of readers, who
//            see each bucket whole but not one instant of all of them.
// Orders     relaxed throughout: statistics order nothing.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/add_alone.hpp"

namespace weir::inline v0::base {

class histogram {
 public:
  /// Counts one value. One thread at a time. Cost: a few loads and stores.
  void record(std::uint64_t value) noexcept {
    add_alone(buckets_[index_of(value)], 1);
    add_alone(count_, 1);
    add_alone(sum_, value);
    if (value > max()) max_.store(value, std::memory_order_relaxed);
  }

  /// Counts one value. Any thread. Cost: three atomic additions, contended when several record at once.
  void record_shared(std::uint64_t value) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t sum() const noexcept { return sum_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_.load(std::memory_order_relaxed); }

  /// The value that `share` (0 to 1) of all values do not exceed (nearest rank): the upper edge of its bucket, at most
  /// max(); 0 when empty. A share outside of [0, 1] counts as the nearer end; 0 is the smallest value.
  [[nodiscard]] std::uint64_t percentile(double share) const noexcept;

  /// Adds everything the other one has counted. As record_shared.
  void add(const histogram& other) noexcept;

  static constexpr unsigned sub_bits = 5;
  static constexpr std::size_t linear = std::size_t{1} << sub_bits;  // values below have a bucket of their own
  static constexpr std::size_t bucket_count = (64 - sub_bits + 1) * linear;

  static constexpr std::size_t index_of(std::uint64_t value) noexcept {
    if (value < linear) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
    return shift * linear + static_cast<std::size_t>(value >> shift);
  }

  /// The largest value that is counted in a bucket.
  static constexpr std::uint64_t upper_edge(std::size_t index) noexcept {
    if (index < linear) return index;
    const std::size_t shift = index / linear - 1;
    return ((std::uint64_t{index % linear + linear} + 1) << shift) - 1;
  }

 private:
  using cell = std::atomic<std::uint64_t>;

  void raise_max(std::uint64_t to) noexcept;

  std::array<cell, bucket_count> buckets_{};
  cell count_{0};
  cell sum_{0};
  cell max_{0};
};

}  // namespace weir::inline v0::base
