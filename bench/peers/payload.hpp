// peers/payload.hpp - the job that ours and every peer run: 64 bytes of closure, about 15 ns of hashing.
//
// The results go to a cell of the thread that runs it, so nobody pays for a shared counter, and the sums are checked.
// The end of the work is seen from outside by looking at the cells every 50 us, for all contestants alike.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace bench {

/// What has been run so far, by all threads.
struct totals {
  std::uint64_t items = 0, sum = 0;
};

/// One thread's share. Single writer.
struct alignas(64) cell {
  std::atomic<std::uint64_t> items{0}, sum{0};

  void add(std::uint64_t value) noexcept {
    sum.store(sum.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
    items.store(items.load(std::memory_order_relaxed) + 1, std::memory_order_release);  // to ran()
  }
};

/// The calling thread's cell, leased on first use and passed on when the thread ends.
cell& my_cell();

/// The sum over all cells.
totals ran() noexcept;

/// Waits until n more items than `before` have run; what they add up to.
std::uint64_t await(const totals& before, std::uint64_t n);

struct payload {
  std::array<std::uint64_t, 8> words;  // 64 bytes

  [[nodiscard]] static payload make(std::uint64_t i) noexcept { return {{i % period, 1, 2, 3, 4, 5, 6, 7}}; }

  [[nodiscard]] std::uint64_t hash() const noexcept {
    std::uint64_t h = 0x9e3779b97f4a7c15;
    for (int pass = 0; pass < passes; ++pass)
      for (const std::uint64_t w : words) h = (std::rotl(h, 23) ^ w) * 0xff51afd7ed558ccd;
    return h ^ (h >> 32);
  }

  void operator()() const noexcept { my_cell().add(hash()); }

  /// The sum of the hashes of make(0) .. make(n - 1).
  [[nodiscard]] static std::uint64_t expected(std::uint64_t n);

  static constexpr std::uint64_t period = 4096;
  static constexpr int passes = 3;  // about 15 ns in a plain loop, where one hash overlaps the next
};

inline bool sum_is_right(std::uint64_t n, std::uint64_t sum) { return sum == payload::expected(n); }

}  // namespace bench
