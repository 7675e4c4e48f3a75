// support/interval.hpp - where the median of what was sampled lies, with 95 % confidence.
//
// Distribution-free: of n samples k are below the true median with the probabilities of n coin tosses, so the interval
// between two order statistics holds it with a known probability; the narrowest symmetric pair with at least 95 %.
// Nine rounds: the second to the eighth (96.1 %). Fewer than six say nothing: then the interval is all of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace bench {

struct interval {
  double low = 0, high = 0;
};

/// Requires values not empty.
[[nodiscard]] inline interval median_interval(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  double tail = 0, term = std::pow(0.5, static_cast<double>(n));  // P(exactly k below)
  std::size_t k = 0;                                              // cut off on each side
  while (k < n / 2 && tail + term <= 0.025) {
    tail += term;
    term *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    ++k;
  }
  const std::size_t cut = k > 0 ? k - 1 : 0;
  return {values[cut], values[n - 1 - cut]};
}

}  // namespace bench
