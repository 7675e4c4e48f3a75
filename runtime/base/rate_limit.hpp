// base/rate_limit.hpp - at most so many per second, and how many were left out.               [floor: base]
//
// Threads    any; no lock. Each admission learns how many were refused since the admission before it, so that no
//            refusal goes unsaid as long as something is admitted later; the rest is in take_left_out().
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace weir::inline v0::base {

class rate_limit {
 public:
  /// per_second is at most 255.
  explicit constexpr rate_limit(std::uint8_t per_second) noexcept : per_second_{per_second} {}

  /// Asks for one in the given second (of any clock that does not run backwards). Admitted: how many were refused
  /// since the last admission. Refused: empty.
  std::optional<std::uint64_t> admit(std::uint64_t second) noexcept {
    std::uint64_t seen = state_.load(std::memory_order_relaxed);  // counters only: nothing is ordered by them
    for (;;) {
      const bool same = seen >> 8U >= second;  // a slower thread's older second counts as the current one
      if (same && (seen & 0xFFU) >= per_second_) {
        left_out_.fetch_add(1, std::memory_order_relaxed);
        return {};
      }
      const std::uint64_t next = same ? seen + 1 : second << 8U | 1U;
      if (state_.compare_exchange_weak(seen, next, std::memory_order_relaxed)) return take_left_out();
    }
  }

  /// Refused since the last admission or call of this.
  std::uint64_t take_left_out() noexcept { return left_out_.exchange(0, std::memory_order_relaxed); }

 private:
  std::uint8_t per_second_;
  std::atomic<std::uint64_t> state_{0};  // second << 8 | admitted in it
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace weir::inline v0::base
