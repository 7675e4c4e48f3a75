// workloads/loop_bodies.hpp - bodies that a compiler cannot see into; each marks its index, so that a run can be
// checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

using marks = std::vector<std::uint8_t>;

/// About one nanosecond for two steps.
inline void work(unsigned steps) {
  std::uint64_t x = steps;
  for (unsigned i = 0; i < steps; ++i) {
    x = x * 6364136223846793005U;
    asm volatile("" : "+r"(x));
  }
}

/// About 1 ns.
[[gnu::noinline]] inline void body_1ns(std::uint8_t* m, std::size_t i) { ++m[i]; }

/// About 100 ns.
[[gnu::noinline]] inline void body_100ns(std::uint8_t* m, std::size_t i) {
  work(130);
  ++m[i];
}

/// From 2 ns to 20 us, a few thousand to one, and the first eighth of the range eight times as heavy as the rest.
[[gnu::noinline]] inline void body_skewed(std::uint8_t* m, std::size_t i, std::size_t n) {
  const std::uint64_t dice = i * 0x9e3779b97f4a7c15 >> 54;
  unsigned steps = dice == 0 ? 10'000 : dice < 64 ? 250 : 3;
  if (i < n / 8) steps *= 8;
  work(steps);
  ++m[i];
}

/// True when every index has been marked `runs` times.
inline bool all_marked(const marks& m, std::uint64_t runs) {
  for (const std::uint8_t count : m)
    if (count != static_cast<std::uint8_t>(runs)) return false;
  return true;
}

}  // namespace bench
