// stats/machine.hpp - the reactor, its operations and timers, blocking calls, steals, and the runtime's own counters.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>

#include "event.hpp"
#include "stats/spread.hpp"

namespace weir_tool {

struct io_row {
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t in_place = 0;  ///< of those that completed: never waited
  spread took;                 ///< from submission to completion
};

struct counter_row {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t largest = 0;
};

class machine {
 public:
  static constexpr std::array<const char*, 9> io_kinds{"sleep", "poll in", "poll out", "read",   "write",
                                                       "recv",  "send",    "accept",   "connect"};
  static constexpr std::array<const char*, 4> steal_kinds{"job", "branch", "fork", "backlog"};

  void see(const moment& m);

  std::uint64_t ticks = 0, continuations = 0, harvested = 0;
  std::int64_t reactor_cpu = 0;                                            ///< ns
  spread lag, turn;                                                        ///< of each tick
  std::map<std::size_t, io_row> io;                                        ///< by index into io_kinds
  spread late;                                                             ///< timers that fired: after their deadline
  spread blocking;                                                         ///< blocking calls that ended
  std::map<std::size_t, std::uint64_t> steals;                             ///< by index into steal_kinds
  std::map<std::pair<std::uint64_t, counter_kind>, counter_row> counters;  ///< by runtime

  /// CPU time of the process during the recording, ns; 0: not recorded.
  [[nodiscard]] std::uint64_t cpu_ns() const;

 private:
  struct operation {
    std::size_t kind = 0;
    std::int64_t at = 0;
  };
  void tick(const moment& m);
  void complete(const moment& m);
  void count(const moment& m);

  std::unordered_map<std::uint64_t, operation> operations_;
  std::unordered_map<std::uint64_t, std::int64_t> calls_;  // blocking ones, by task
};

}  // namespace weir_tool
