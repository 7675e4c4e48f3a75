// world.hpp - what the job meets: how many accounts, and what the partner is like.
//
// Plain numbers; the same seed is the same world.
// The partner says that it carries `rate` calls a second, of `latency` each. Little's law makes `limit` of
// the two; or the limit is given, and the rate is what it needs. Above rate + 10 a second the partner
// answers 429: 610 where the documents' partner is "~600".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <vector>

#include <weir/weir.hpp>

namespace account_sync {

struct account {
  std::size_t id;
};

struct world {
  std::size_t accounts = 40'000;
  std::chrono::nanoseconds latency = std::chrono::milliseconds{50};  ///< on average
  double tail = 0;                ///< the share of the latency that varies, exponentially; 0: none
  std::size_t limit = 30;         ///< calls in flight, where a shape bounds them
  std::uint64_t rate = 600;       ///< calls a second that the partner promises to carry
  std::size_t failures = 14;      ///< accounts that the partner refuses for good
  std::size_t descriptors = 256;  ///< that this program may have
  std::uint64_t seed = 1;

  [[nodiscard]] weir::rate capacity() const { return weir::rate{rate + 10}; }
  /// What may come at once: a tenth of a second's worth, but a full house in any case.
  [[nodiscard]] std::size_t burst() const noexcept;

  /// latency * (1 - tail), and an exponential rest that makes the mean what it says; at most five times the
  /// latency.
  [[nodiscard]] std::chrono::nanoseconds latency_of(account a) const noexcept;
  /// Which accounts are refused, by id.
  [[nodiscard]] std::vector<bool> refused() const;
};

/// The first n accounts; a view, so that nobody holds them all.
[[nodiscard]] inline auto first_accounts(std::size_t n) {
  return std::views::iota(std::size_t{0}, n) | std::views::transform([](std::size_t id) { return account{id}; });
}

}  // namespace account_sync
