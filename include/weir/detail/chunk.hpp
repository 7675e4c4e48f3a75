// weir/detail/chunk.hpp - how many items of a range to run between two looks at the world.     [floor: job]
//
// Sized by time, not by count: a chunk that took less than 2 us is doubled, one that took more than 20 us is halved. So
// cheap bodies pay for one clock and one look per microseconds, and expensive ones are split item by item.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace weir::inline v0::detail {

class chunk_size {
 public:
  explicit chunk_size(std::size_t least) noexcept : least_{std::max<std::size_t>(1, least)}, size_{least_} {}

  /// The length of the next chunk of [begin, end); starts the clock.
  [[nodiscard]] std::size_t next(std::size_t begin, std::size_t end) noexcept {
    if (started_ == clock::time_point{}) started_ = clock::now();
    return std::min(size_, end - begin);
  }

  /// The chunk has run.
  void done() noexcept {
    const clock::time_point now = clock::now();
    const auto took = now - started_;
    started_ = now;
    size_ = std::max(least_, after(size_, took));
  }

  /// The size of the chunk after one of `size` that took so long.
  [[nodiscard]] static std::size_t after(std::size_t size, std::chrono::nanoseconds took) noexcept {
    if (took < std::chrono::microseconds{2}) return size * 2;
    return took > std::chrono::microseconds{20} ? std::max<std::size_t>(1, size / 2) : size;
  }

 private:
  using clock = std::chrono::steady_clock;
  const std::size_t least_;
  std::size_t size_;
  clock::time_point started_{};
};

}  // namespace weir::inline v0::detail
