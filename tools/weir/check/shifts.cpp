#include "check/shifts.hpp"

#include <algorithm>

namespace weir_tool {

void shifts::see(const moment& m) {
  using enum event;
  switch (m.what) {
    case begin:
    case resume:
      return open(threads_[m.thread], m);
    case end:
    case suspend:
      return close(threads_[m.thread], m);
    case enter:
    case leave:
    case park:
    case unpark:
      return step(threads_[m.thread], m);
    default:
      return;
  }
}

void shifts::open(thread& t, const moment& m) {
  t.slices.push_back(m.id);
  if (!t.entered.empty() && workers_[t.entered.back().who].now == state::idle)
    to_.broken("workers", m, "a slice begins on a worker that is idle");
  run_or_look(t, m.at);
}

void shifts::close(thread& t, const moment& m) {
  if (!t.slices.empty() && t.slices.back() == m.id) {
    t.slices.pop_back();
    return run_or_look(t, m.at);
  }
  const auto open = std::ranges::find(t.slices, m.id);
  if (open != t.slices.end()) {
    to_.broken("slices", m,
               "a slice ends before " + std::to_string(t.slices.end() - open - 1) + " that began inside it");
    t.slices.erase(open, t.slices.end());
    return run_or_look(t, m.at);
  }
  // Refused jobs and tasks that end unstarted have no slice; one of before the recording lies around all others.
  const bool needs_slice = m.what == event::suspend || m.flags == internal_end;
  if (needs_slice && (t.from_its_beginning || !t.slices.empty()))
    to_.broken("slices", m, "a slice ends that has not begun on this thread");
}

void shifts::run_or_look(thread& t, std::int64_t at) {
  if (!t.entered.empty())
    turn(t.entered.back().who, t.slices.size() <= t.entered.back().depth ? state::looking : state::running, at);
}

void shifts::step(thread& t, const moment& m) {
  using enum event;
  const worker_key key{m.arg, m.id};
  const auto [place, fresh] = workers_.try_emplace(key);
  worker& w = place->second;
  if (fresh) {  // the recording may have begun while it was in
    w.first = w.since = m.at;
    w.now = m.what == enter ? state::out : m.what == unpark ? state::idle : state::looking;
    w.thread = m.thread;
    if (m.what != enter) t.entered.push_back({key, 0});
  }
  if (m.what == enter) {
    if (w.now != state::out) to_.broken("workers", m, "a worker enters that is in");
    t.entered.push_back({key, t.slices.size()});
    t.from_its_beginning = t.from_its_beginning || t.slices.empty();
    w.thread = m.thread;
    return turn(key, state::looking, m.at);
  }
  if (w.now == state::out || w.thread != m.thread) to_.broken("workers", m, "a worker that is out does something");
  const auto mine = std::ranges::find(t.entered, key, &stay::who);
  if (m.what != unpark && mine != t.entered.end() && t.slices.size() > mine->depth)
    to_.broken("workers", m, "a worker parks or leaves inside a slice");
  if (m.what == park) {
    if (w.now == state::idle) to_.broken("workers", m, "a worker parks that is idle");
    turn(key, state::idle, m.at);
  } else if (m.what == unpark) {
    if (w.now != state::idle) to_.broken("workers", m, "a worker is unparked that was not idle");
    turn(key, state::looking, m.at);
  } else {
    if (w.now == state::idle) to_.broken("workers", m, "a worker leaves that is idle");
    turn(key, state::out, m.at);
    std::erase_if(t.entered, [&](const stay& s) { return s.who == key; });
  }
}

void shifts::turn(const worker_key& key, state to, std::int64_t at) {
  worker& w = workers_[key];
  shift_times& sum = times_[key];
  const std::int64_t took = at - w.since;
  (w.now == state::running   ? sum.run
   : w.now == state::looking ? sum.look
   : w.now == state::idle    ? sum.idle
                             : sum.out) += took;
  w.now = to;
  w.since = at;
}

void shifts::finish(std::int64_t last) {
  for (const auto& [key, w] : workers_) {
    turn(key, w.now, last);
    const std::int64_t wall = last - w.first;
    const std::int64_t off = times_[key].wall() - wall;
    if ((off < 0 ? -off : off) > wall / 100)
      to_.broken("workers", {last, event::none, 0, 0, key.second, key.first, w.thread, 0},
                 "its states add up to " + std::to_string(times_[key].wall()) + " ns of " + std::to_string(wall));
  }
}

std::uint64_t shifts::open_slices() const {
  std::uint64_t sum = 0;
  for (const auto& [number, t] : threads_) sum += t.slices.size();
  return sum;
}

}  // namespace weir_tool
