// explorer/clock.hpp - vector clocks: what one thread knows about the others.
//
// Every operation of a thread has a stamp, its own running number. A clock holds one stamp per thread and means "up to
// and including these operations". A view is what synchronisation carries from a release to an acquire.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace weir::inline v0::model {

inline constexpr unsigned max_threads = 8;
using stamp = std::uint16_t;
inline constexpr stamp never = 0xffff;

struct clock {
  alignas(16) std::array<stamp, max_threads> at{};

  void join(const clock& other) noexcept {
    for (unsigned i = 0; i < max_threads; ++i) at[i] = std::max(at[i], other.at[i]);
  }
  /// Every operation of other is in this clock.
  [[nodiscard]] bool covers(const clock& other) const noexcept {
    bool all = true;
    for (unsigned i = 0; i < max_threads; ++i) all &= other.at[i] <= at[i];
    return all;
  }
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
