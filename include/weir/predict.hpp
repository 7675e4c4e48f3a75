// weir/predict.hpp - how long it must take: the arithmetic of bounded concurrency.              [floor: flow]
//
//   predict(200, 50ms, par{20})        500 ms: ceil(200 / 20) waves of 50 ms
//   predict(40'000, 50ms, par{30})     66.7 s
#pragma once

#include <chrono>
#include <cstddef>

#include <weir/par.hpp>

namespace weir::inline v0 {

/// ceil(calls / at_once) * latency: the time of `calls` calls of that latency, `at_once` in flight. Exact when all take
/// the same time; otherwise what to compare a measurement with. What does not fit is the largest duration there is.
[[nodiscard]] constexpr std::chrono::nanoseconds predict(std::size_t calls, std::chrono::nanoseconds latency,
                                                         par at_once) noexcept {
  const std::size_t waves = calls / at_once.count() + (calls % at_once.count() != 0 ? 1 : 0);
  if (waves == 0 || latency.count() <= 0) return std::chrono::nanoseconds{0};
  const auto most = static_cast<std::size_t>(std::chrono::nanoseconds::max().count());
  if (waves > most / static_cast<std::size_t>(latency.count())) return std::chrono::nanoseconds::max();
  return latency * static_cast<std::chrono::nanoseconds::rep>(waves);
}

}  // namespace weir::inline v0
