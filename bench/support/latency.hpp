// support/latency.hpp - how long one thing takes, again and again: p50 and p99 of ours beside those of the peers.
//
// Trips are made in blocks that go round A B C A B C, each preceded by a few that do not count. A row compares ours
// with one peer: ratio of the p50s, median over the rounds, with its interval; rows named .../p99 show the tails, no
// target.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "support/paired.hpp"

namespace bench {

struct traveller {
  std::string name = {};
  std::function<void()> trip = {};  ///< one trip; checks itself
  double least = 0;                 ///< of a peer: the least ratio of p50s; 0: none
};

struct latency {
  std::string name = {};
  unsigned workers = 0;
  std::chrono::nanoseconds pause{0};  ///< between two trips, asleep: the processors go idle
  unsigned trips = 500;               ///< per block and round
  traveller ours = {};
  double most_us = 0;  ///< target of ours' p50
  std::vector<traveller> peers = {};
  unsigned warm_up = 5;

  void run(suite& s) const;
};

}  // namespace bench
