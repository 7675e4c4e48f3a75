// stats/spread.hpp - how durations are spread: count, sum, largest, percentiles within 1/32.
//
// Buckets as in HdrHistogram: five bits behind the highest one. Only those that hold something take memory.
#pragma once

#include <cstdint>
#include <map>

namespace weir_tool {

class spread {
 public:
  /// A duration in ns; negative ones count as 0.
  void add(std::int64_t ns);
  void add(const spread& other);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::int64_t sum() const noexcept { return sum_; }
  [[nodiscard]] std::int64_t largest() const noexcept { return largest_; }
  /// The least value that a part `q` (0 to 1) of all does not exceed; 0 when there is none.
  [[nodiscard]] std::int64_t at(double q) const;

 private:
  std::map<std::uint32_t, std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t largest_ = 0;
};

}  // namespace weir_tool
