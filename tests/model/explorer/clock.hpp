// explorer/clock.hpp - vector clocks: what one thread knows about the others.
//
// Every operation of a thread has a stamp, its own running number. A clock holds one stamp per thread and means "up to
// and including these operations". A view is what synchronisation carries from a release to an acquire.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace weir::inline v0::model {

inline constexpr unsigned max_threads = 8;
using stamp = std::uint16_t;
inline constexpr stamp never = 0xffff;

/// All threads' stamps in one register: joining and comparing them is most of what an execution costs.
using stamps [[gnu::vector_size(sizeof(stamp) * max_threads)]] = stamp;

/// Some thread's lane of a comparison is true.
template <class Lanes>
bool any(Lanes compared) noexcept {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(compared);
  return (halves[0] | halves[1]) != 0;
}

struct clock {
  stamps at{};

  void join(const clock& other) noexcept { at = at > other.at ? at : other.at; }
  /// Every operation of other is in this clock.
  [[nodiscard]] bool covers(const clock& other) const noexcept { return !any(other.at > at); }
};

struct view {
  clock hb;              ///< what happens before the thread's next operation
  clock fenced;          ///< what its loads must not miss because of fences; no happens-before
  std::uint32_t sc = 0;  ///< seq_cst accesses up to this number precede its last seq_cst fence

  void join(const view& other) noexcept {
    hb.join(other.hb);
    fenced.join(other.fenced);
    sc = std::max(sc, other.sc);
  }
};

}  // namespace weir::inline v0::model
