#include "doctor/cast.hpp"

namespace weir_tool {

void cast::see(const moment& m) {
  switch (m.what) {
    case event::spawn:
      alive_[m.id] = {.id = m.id, .parent = m.arg, .site = m.site, .spawned = m.at, .since = m.at};
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
  const auto at = alive_.find(m.id);
  if (at == alive_.end()) return;
  at->second.begun = at->second.running = true;
  at->second.since = m.at;
}

void cast::stops(const moment& m) {
  const auto at = alive_.find(m.id);
  if (at == alive_.end() || !at->second.running) return;
  at->second.run = at->second.ran_until(m.at);
  at->second.running = false;
  at->second.since = m.at;
}

const actor* cast::find(std::uint64_t id) const {
  const auto at = alive_.find(id);
  return at == alive_.end() ? nullptr : &at->second;
}

}  // namespace weir_tool
