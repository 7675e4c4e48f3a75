// workloads/skynet.hpp - a tree with ten children everywhere; every leaf gives its number, every node the sum.
#pragma once

#include <array>

namespace bench {

template <class Joiner>
long skynet(long first, long leaves) {
  if (leaves == 1) return first;
  std::array<long, 10> sums;  // NOLINT(cppcoreguidelines-pro-type-member-init): every child writes its own
  Joiner::each(10, [&sums, first, leaves](int i) {
    sums[static_cast<unsigned>(i)] = skynet<Joiner>(first + i * (leaves / 10), leaves / 10);
  });
  long sum = 0;
  for (const long s : sums) sum += s;
  return sum;
}

inline long skynet_sum(long leaves) { return leaves * (leaves - 1) / 2; }

/// Nodes of the tree: the tasks.
inline double skynet_tasks(long leaves) { return static_cast<double>(leaves * 10 - 1) / 9; }

}  // namespace bench
