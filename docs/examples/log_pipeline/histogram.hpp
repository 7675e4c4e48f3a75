// histogram.hpp - counts of latencies with a bounded relative error, in the way of HdrHistogram.
//
// Values below 128 have a bucket each; above, every power of two is divided into 64 buckets. So a percentile is never
// too low, and at most 1/64 too high. Two histograms merge by adding their buckets.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace log_pipeline {

class histogram {
 public:
  static constexpr std::uint64_t max_value = (std::uint64_t{1} << 32) - 1;

  /// Counts one value; what is above max_value counts as max_value.
  void add(std::uint64_t value) noexcept {
    ++counts_[index_of(std::min(value, max_value))];
    ++total_;
    max_ = std::max(max_, value);
  }

  void merge(const histogram& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    max_ = std::max(max_, other.max_);
  }

  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

  /// The smallest bucket border that at least a share p of the values does not exceed. 0 when empty.
  [[nodiscard]] std::uint64_t percentile(double p) const noexcept {
    const auto rank = static_cast<std::uint64_t>(std::ceil(p * static_cast<double>(total_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i)
      if ((seen += counts_[i]) >= std::max<std::uint64_t>(rank, 1)) return std::min(highest_in(i), max_);
    return 0;
  }

 private:
  static constexpr unsigned exact_bits = 7;
  static constexpr std::size_t half = std::size_t{1} << (exact_bits - 1);

  static std::size_t index_of(std::uint64_t value) noexcept {
    const unsigned bits = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = bits > exact_bits ? bits - exact_bits : 0;
    return shift * half + static_cast<std::size_t>(value >> shift);
  }

  static std::uint64_t highest_in(std::size_t index) noexcept {
    if (index < 2 * half) return index;
    const std::size_t shift = index / half - 1;
    return ((static_cast<std::uint64_t>(index - shift * half) + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(index_of(max_value) + 1);
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace log_pipeline
