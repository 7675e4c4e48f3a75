// weir/rate.hpp - so many per so long, and how many at once that makes (Little's law).          [floor: flow]
//
//   using namespace weir::literals;
//   littles_limit(400_hz, 50ms)                                       20 calls in flight carry 400 a second of 50 ms
//   littles_limit(400_hz, 50ms, {.pool = 16, .memory = 64_MiB, .item = 1_MiB})       16: the smallest ceiling
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace weir::inline v0 {

namespace detail {
__extension__ typedef unsigned __int128
    uint128;  // NOLINT(modernize-use-using): `using` takes no __extension__ in gcc 12
}  // namespace detail

/// `count` per `per`, exactly: 600 a second is not rounded to whole nanoseconds.
class rate {
 public:
  /// Errors  std::invalid_argument if either is not positive.
  constexpr explicit rate(std::uint64_t count, std::chrono::nanoseconds per = std::chrono::seconds{1})
      : count_{count}, per_{per} {
    if (count == 0 || per.count() <= 0) throw std::invalid_argument{"weir::rate: count and per must be positive"};
  }
  [[nodiscard]] constexpr std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] constexpr std::chrono::nanoseconds per() const noexcept { return per_; }

 private:
  std::uint64_t count_;
  std::chrono::nanoseconds per_;
};

inline namespace literals {
/// 400_hz: 400 a second.
consteval rate operator""_hz(unsigned long long n) { return rate{n}; }
constexpr std::uint64_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr std::uint64_t operator""_MiB(unsigned long long n) { return n << 20; }
constexpr std::uint64_t operator""_GiB(unsigned long long n) { return n << 30; }
}  // namespace literals

/// What else bounds the number of calls in flight; the default is nothing.
struct ceilings {
  std::size_t pool = std::numeric_limits<std::size_t>::max();        ///< connections, threads
  std::size_t downstream = std::numeric_limits<std::size_t>::max();  ///< what the other side serves at once
  std::uint64_t memory = std::numeric_limits<std::uint64_t>::max();  ///< bytes there are for the calls in flight ...
  std::uint64_t item = 1;                                            ///< ... and bytes of one of them
};

/// Little's law: rate times latency, rounded down (one more would only wait), at least 1, at most the ceilings. Exact.
/// Errors  std::invalid_argument if latency is negative or item is 0.
[[nodiscard]] constexpr std::size_t littles_limit(rate arrivals, std::chrono::nanoseconds latency,
                                                  const ceilings& most = {}) {
  if (latency.count() < 0) throw std::invalid_argument{"weir::littles_limit: latency is negative"};
  if (most.item == 0) throw std::invalid_argument{"weir::littles_limit: item is 0"};
  const auto product = static_cast<detail::uint128>(arrivals.count()) * static_cast<std::uint64_t>(latency.count()) /
                       static_cast<std::uint64_t>(arrivals.per().count());
  const detail::uint128 largest = std::min<std::uint64_t>({most.pool, most.downstream, most.memory / most.item});
  return std::max<std::size_t>(static_cast<std::size_t>(std::min(product, largest)), 1);
}

}  // namespace weir::inline v0
