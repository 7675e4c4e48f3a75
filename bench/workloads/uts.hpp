// workloads/uts.hpp - unbalanced tree search: counts a tree that nobody can predict. As in the UTS benchmark's binomial
// trees a node has m children with probability q and none otherwise, m q just below 1, so that most subtrees are tiny
// and a few are huge; what a node has follows from its own random state. Instead of SHA-1 a state is 24 rounds of
// splitmix64.
#pragma once

#include <cstdint>

namespace bench {

struct uts_tree {
  int root_children = 16'000;
  int children = 8;
  double probability = 0.1248;
};

inline std::uint64_t uts_child(std::uint64_t state, int i) {
  state += static_cast<std::uint64_t>(i) + 1;
  for (int round = 0; round < 24; ++round) {
    state += 0x9e3779b97f4a7c15;
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
    state ^= state >> 31;
  }
  return state;
}

/// The children of a node that is not the root.
inline int uts_children(const uts_tree& tree, std::uint64_t state) {
  return static_cast<double>(state >> 11) * 0x1p-53 < tree.probability ? tree.children : 0;
}

template <class Joiner>
long uts(const uts_tree& tree, std::uint64_t state) {
  const int n = uts_children(tree, state);
  if (n == 0) return 1;
  return 1 + Joiner::sum(n, [&tree, state](int i) { return uts<Joiner>(tree, uts_child(state, i)); });
}

/// The whole tree. The root's children are halved, in all versions.
template <class Joiner>
long uts_root(const uts_tree& tree, std::uint64_t seed, int first, int last) {
  if (last - first == 1) return uts<Joiner>(tree, uts_child(seed, first));
  const int middle = first + (last - first) / 2;
  const auto [a, b] = Joiner::both([&] { return uts_root<Joiner>(tree, seed, first, middle); },
                                   [&] { return uts_root<Joiner>(tree, seed, middle, last); });
  return a + b;
}

/// Without recursion in parallel: what the others must count.
inline long serial_uts(const uts_tree& tree, std::uint64_t state) {
  long sum = 1;
  for (int i = 0, n = uts_children(tree, state); i < n; ++i) sum += serial_uts(tree, uts_child(state, i));
  return sum;
}
inline long serial_uts_root(const uts_tree& tree, std::uint64_t seed) {
  long sum = 0;
  for (int i = 0; i < tree.root_children; ++i) sum += serial_uts(tree, uts_child(seed, i));
  return sum;
}

}  // namespace bench
