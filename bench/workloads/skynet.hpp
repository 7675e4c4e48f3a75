// workloads/skynet.hpp - a tree with ten children everywhere; every leaf gives its number, every node the sum.
#pragma once

namespace bench {

template <class Joiner>
long skynet(long first, long leaves) {
  if (leaves == 1) return first;
  return Joiner::sum(10, [first, leaves](int i) { return skynet<Joiner>(first + i * (leaves / 10), leaves / 10); });
}

inline long skynet_sum(long leaves) { return leaves * (leaves - 1) / 2; }

/// Nodes of the tree: the tasks.
inline double skynet_tasks(long leaves) { return static_cast<double>(leaves * 10 - 1) / 9; }

}  // namespace bench
