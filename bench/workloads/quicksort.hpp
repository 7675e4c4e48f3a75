// workloads/quicksort.hpp - Hoare's partition around the median of three; both sides are branches down to 2048
// elements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

template <class Joiner>
void quicksort(int* first, int* last) {
  if (last - first <= 2048) return std::sort(first, last);
  const int a = *first, b = first[(last - first) / 2], c = last[-1];
  const int pivot = std::max(std::min(a, b), std::min(std::max(a, b), c));
  int* lower = first;
  int* upper = last - 1;
  while (lower <= upper) {
    while (*lower < pivot) ++lower;
    while (pivot < *upper) --upper;
    if (lower <= upper) std::swap(*lower++, *upper--);
  }
  Joiner::both([=] { quicksort<Joiner>(first, upper + 1); }, [=] { quicksort<Joiner>(lower, last); });
}

/// n pseudo-random numbers, the same ones every time.
inline std::vector<int> shuffled(std::size_t n) {
  std::vector<int> v(n);
  std::uint64_t x = 88172645463325252;
  for (int& i : v) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    i = static_cast<int>(x >> 33);
  }
  return v;
}

/// 1: sorted, and the same elements as far as their sum tells.
inline std::uint64_t sorted_sum(const std::vector<int>& v, std::uint64_t sum) {
  std::uint64_t seen = 0;
  for (const int i : v) seen += static_cast<std::uint64_t>(i);
  return std::is_sorted(v.begin(), v.end()) && seen == sum ? 1 : 0;
}

}  // namespace bench
