#include "world.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace account_sync {
namespace {

/// In (0, 1], the same for the same account of the same world.
double random_of(std::uint64_t seed, account a) {
  // splitmix64, Steele, Lea, Flood 2014.
  std::uint64_t z = seed * 0xd1342543de82ef95 + a.id * 0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return static_cast<double>((z >> 11) + 1) * 0x1p-53;
}

}  // namespace

std::size_t world::burst() const noexcept { return std::max<std::size_t>(limit, (rate + 10) / 10); }

std::chrono::nanoseconds world::latency_of(account a) const noexcept {
  if (tail == 0) return latency;
  const double share = std::min(1 - tail - tail * std::log(random_of(seed, a)), 5.0);
  return std::chrono::nanoseconds{static_cast<std::int64_t>(static_cast<double>(latency.count()) * share)};
}

std::vector<bool> world::refused() const {
  std::vector<bool> all(accounts, false);
  std::fill_n(all.begin(), std::min(failures, accounts), true);
  std::shuffle(all.begin(), all.end(), std::mt19937_64{seed});
  return all;
}

}  // namespace account_sync
