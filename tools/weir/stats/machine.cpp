#include "stats/machine.hpp"

#include <algorithm>
#include <cerrno>

namespace weir_tool {

void machine::see(const moment& m) {
  switch (m.what) {
    case event::tick:
      return tick(m);
    case event::io_submit:
      operations_[m.id] = {m.flags & 0xffU, m.at};
      return;
    case event::io_complete:
      return complete(m);
    case event::timer_fire:
      return late.add(static_cast<std::int64_t>(m.arg));
    case event::block_begin:
      calls_[m.id] = m.at;
      return;
    case event::block_end:
      if (const auto at = calls_.find(m.id); at != calls_.end()) {
        blocking.add(m.at - at->second);
        calls_.erase(at);
      }
      return;
    case event::steal:
      ++steals[m.flags];
      return;
    case event::counter:
      return count(m);
    default:
      return;
  }
}

void machine::tick(const moment& m) {
  ++ticks;
  continuations += m.flags;
  harvested += high(m.arg);
  reactor_cpu += low(m.arg);
  lag.add(low(m.id));
  turn.add(high(m.id));
}

void machine::complete(const moment& m) {
  const auto at = operations_.find(m.id);
  if (at == operations_.end()) return;  // submitted before the recording
  io_row& row = io[std::min(at->second.kind, io_kinds.size() - 1)];
  const auto result = static_cast<std::int64_t>(m.arg);
  row.took.add(m.at - at->second.at);
  row.in_place += m.flags & 1U;
  if (result == -ECANCELED)
    ++row.cancelled;
  else if (result < 0)
    ++row.failed;
  operations_.erase(at);
}

void machine::count(const moment& m) {
  const auto [at, fresh] = counters.try_emplace({m.id, static_cast<counter_kind>(m.flags)});
  if (fresh) at->second.first = m.arg;
  at->second.last = m.arg;
  at->second.largest = std::max(at->second.largest, m.arg);
}

std::uint64_t machine::cpu_ns() const {
  const auto at = counters.find({0, counter_kind::cpu_ns});
  return at == counters.end() ? 0 : at->second.last - at->second.first;
}

}  // namespace weir_tool
