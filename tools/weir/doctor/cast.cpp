#include "doctor/cast.hpp"

#include <algorithm>

namespace weir_tool {

void cast::see(const moment& m) {
  constexpr std::uint16_t is_task = 1;
  switch (m.what) {
    case event::spawn:
      alive_[m.id] = {.id = m.id,
                      .parent = m.arg,
                      .site = m.site,
                      .is_task = (m.flags & is_task) != 0,
                      .spawned = m.at,
                      .since = m.at};
      return;
    case event::member:
      if (const auto at = alive_.find(m.id); at != alive_.end()) at->second.group = m.arg;
      return;
    case event::begin:
      if (m.flags != 0) alive_[m.id] = {.id = m.id, .site = m.site, .begun = true, .spawned = m.at, .since = m.at};
      return starts(m);
    case event::resume:
      return starts(m);
    case event::suspend:
      return stops(m);
    case event::end:
      stops(m);
      alive_.erase(m.id);
      return;
    default:
      return;
  }
}

void cast::starts(const moment& m) {
  running_[m.thread].push_back(m.id);
  const auto at = alive_.find(m.id);
  if (at == alive_.end()) return;
  at->second.begun = at->second.running = true;
  at->second.since = m.at;
}

void cast::stops(const moment& m) {
  std::vector<std::uint64_t>& here = running_[m.thread];
  if (const auto at = std::ranges::find(here, m.id); at != here.end()) here.erase(at, here.end());
  const auto at = alive_.find(m.id);
  if (at == alive_.end() || !at->second.running) return;
  at->second.run += m.at - at->second.since;
  at->second.running = false;
  at->second.since = m.at;
}

const actor* cast::find(std::uint64_t id) const {
  const auto at = alive_.find(id);
  return at == alive_.end() ? nullptr : &at->second;
}

const actor* cast::on(std::uint32_t thread) const {
  const auto at = running_.find(thread);
  return at == running_.end() || at->second.empty() ? nullptr : find(at->second.back());
}

}  // namespace weir_tool
