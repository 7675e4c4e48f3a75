#include "stats/work.hpp"

#include <algorithm>

namespace weir_tool {
namespace {

constexpr std::uint16_t is_task = 1, is_failed = 1, is_cancelled = 2, runs_elsewhere = 3;

bool has_object_of_its_own(wait_cause c) {
  return c == wait_cause::limiter || c == wait_cause::queue_send || c == wait_cause::queue_receive;
}

}  // namespace

void work::see(const moment& m) {
  switch (m.what) {
    case event::spawn:
      return spawn(m);
    case event::begin:
      if (m.flags != 0) lives_[m.id] = {.key = {kind::piece, m.site}, .spawned = m.at, .since = m.at};
      return starts_running(known(m), m.at);
    case event::resume:
      return starts_running(known(m), m.at);
    case event::suspend:
      return suspend(known(m), m);
    case event::wake:
      return wake(known(m), m);
    case event::end:
      return end(m);
    default:
      return;
  }
}

work::life& work::known(const moment& m) {
  const auto [at, fresh] = lives_.try_emplace(m.id);
  if (fresh) at->second.spawned = at->second.since = m.at, at->second.begun = true;
  return at->second;
}

void work::spawn(const moment& m) {
  const row_key key{(m.flags & is_task) != 0 ? kind::task : kind::job, m.site};
  lives_[m.id] = {.key = key, .spawned = m.at, .since = m.at};
  work_row& row = rows_[key];
  ++row.started;
  row.peak = std::max(row.peak, ++row.alive);
}

void work::starts_running(life& l, std::int64_t at) {
  if (!l.begun && l.key.first != kind::piece) rows_[l.key].queued.add(at - l.spawned);
  if (l.begun && l.now == phase::woken) rows_[l.key].ready.add(at - l.since);
  l.begun = true;
  l.now = phase::running;
  l.since = at;
}

void work::suspend(life& l, const moment& m) {
  if (l.now == phase::running) l.run += m.at - l.since;
  l.now = phase::suspended;
  l.since = m.at;
  l.cause = static_cast<wait_cause>(m.flags);
  l.object = m.arg;
}

void work::wake(life& l, const moment& m) {
  if (l.now == phase::suspended) {
    const std::int64_t took = m.at - l.since;
    l.waited += took;
    waits_[l.cause].add(took);
    if (has_object_of_its_own(l.cause)) waits_for_[l.object][l.cause].add(took);
  }
  l.now = phase::woken;
  l.since = m.at;
}

void work::end(const moment& m) {
  const auto at = lives_.find(m.id);
  if (at == lives_.end()) return;
  life& l = at->second;
  if (m.flags == runs_elsewhere && l.now != phase::running) return;  // its place in the queue
  if (l.now == phase::running) l.run += m.at - l.since;
  work_row& row = rows_[l.key];
  if (l.key.first == kind::piece) ++row.started;
  ++row.ended;
  row.failed += m.flags == is_failed ? 1 : 0;
  row.cancelled += m.flags == is_cancelled ? 1 : 0;
  row.alive -= row.alive != 0 ? 1 : 0;
  if (l.begun) row.run.add(l.run);
  if (l.key.first == kind::task) row.waits.add(l.waited);
  lives_.erase(at);
}

}  // namespace weir_tool
