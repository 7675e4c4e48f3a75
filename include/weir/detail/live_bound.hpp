// weir/detail/live_bound.hpp - a number that a lever may change while a loop reads it.         [floor: job]
#pragma once

#include <atomic>
#include <cstddef>

namespace weir::inline v0::detail {

/// Relaxed: a bound orders nothing, and one that is a little old is a bound all the same. Movable, before
/// it is shared.
class live_bound {
 public:
  explicit live_bound(std::size_t n) noexcept : n_{n} {}
  live_bound(const live_bound& other) noexcept : n_{other.get()} {}
  live_bound& operator=(const live_bound&) = delete;
  ~live_bound() = default;

  [[nodiscard]] std::size_t get() const noexcept { return n_.load(std::memory_order_relaxed); }
  void set(std::size_t n) noexcept { n_.store(n, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> n_;
};

}  // namespace weir::inline v0::detail
