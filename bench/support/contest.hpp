// support/contest.hpp - one workload, ours and any number of peers, interleaved in one run.
//
//   bench::contest c{.name = "post/1", .workers = 2, .ours = {.work = post_ours, .most = 45}};
//   c.peers = {{.name = "asio::post", .work = post_asio, .least = 6}, ...};
//   c.run(suite);
//
// Unlike a pair (paired.hpp) a contestant is told how many items to do, and does as many as fill a sample in one call:
// so nobody's start and end weigh more than anybody else's. The samples go round A B C A B C; a row compares ours with
// one peer, the ratio is the median over the rounds of peer/ours of that round, with its 95 % interval.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/paired.hpp"

namespace bench {

struct contestant {
  std::string name = {};
  std::function<std::uint64_t(std::uint64_t n)> work = {};  ///< does n items; what it returns is checked
  double least = 0;               ///< of a peer: how many times better ours has to be; 0: no target
  bool by_interval = false;       ///< by the lower end of the interval of that
  double most = 0;                ///< of ours: the largest time per item in the unit; 0: no target
  std::uint64_t at_most = ~0ULL;  ///< items in one call, where a peer would need too much memory or time for more
};

struct contest {
  std::string name = {}, unit = "ns/item";
  unsigned workers = 0;
  std::function<bool(std::uint64_t n, std::uint64_t result)> correct = {};
  contestant ours = {};
  std::vector<contestant> peers = {};

  /// Measures and reports one row without a peer, then one per peer. Nothing when the filter excludes it.
  void run(suite& s) const;
};

}  // namespace bench
