#include "merge.hpp"

#include <algorithm>

namespace weir_tool {

merge::merge(const trace_file& trace) : clock_{trace.syncs, trace.header.clock} {
  lanes_.reserve(trace.lanes.size());
  for (const lane& l : trace.lanes) lanes_.emplace_back(cursor{trace, l});
  for (std::uint32_t i = 0; i < lanes_.size(); ++i) read(i);
}

std::uint64_t merge::overwritten() const {
  std::uint64_t sum = 0;
  for (const strand& s : lanes_) sum += s.source.overwritten();
  return sum;
}

bool merge::next(moment& out) {
  while (out_.empty()) {
    if (heads_.empty() && ahead_.empty() && held_lanes_ == 0) return false;
    step();
  }
  out = out_.front();
  out_.pop_front();
  return true;
}

/// The next event of the lane becomes its head.
void merge::read(std::uint32_t lane) {
  strand& s = lanes_[lane];
  cursor::item i;
  do {  // a type of 0 is what the file's writer is about to overwrite: damage has been left out
    if (!s.source.next(i)) return;
  } while (i.record.what == 0);
  const format::event_record& r = i.record;
  moment m{clock_.ns(r.ticks), static_cast<event>(r.what), r.flags, r.site, r.id, r.arg, i.thread, lane};
  if (m.at < s.read) ++fixups_.backwards;
  m.at = s.read = std::max(m.at, s.read);
  heads_.push(m);
}

void merge::look_ahead() {
  while (!heads_.empty() && (ahead_.empty() || heads_.top().at <= ahead_.front().at + window)) {
    const moment m = heads_.top();
    heads_.pop();
    read(m.lane);
    ahead_.push_back(m);
    if (causes::is_cause(m.what)) expect(m);
  }
}

void merge::expect(const moment& m) {
  expectation& e = expected_[{m.what, m.id}];
  if (e.count++ == 0)
    e.lane = m.lane;
  else if (e.lane != m.lane)
    e.several_lanes = true;
}

void merge::step() {
  look_ahead();
  if (ahead_.empty()) {  // what is held now waits for what is held, too: a trace that contradicts itself
    const auto held = std::ranges::find_if(lanes_, [](const strand& s) { return !s.held.empty(); });
    release(static_cast<std::uint32_t>(held - lanes_.begin()), last_, true);
    return;
  }
  const moment m = ahead_.front();
  ahead_.pop_front();
  release_the_overdue(m.at);
  if (!lanes_[m.lane].held.empty())
    lanes_[m.lane].held.push_back(m);
  else if (go_or_wait(m))
    emit(m);
}

/// False: its cause is on the way, in another lane, and its lane is held back.
bool merge::go_or_wait(const moment& m) {
  if (lanes_.size() < 2) return true;
  for (const cause_key& missing : causes_.missing(m)) {
    if (missing.what == event::none) continue;
    const auto found = expected_.find(missing);
    if (found == expected_.end() || (found->second.lane == m.lane && !found->second.several_lanes)) continue;
    strand& s = lanes_[m.lane];
    s.held.push_back(m);
    s.waits_for = missing;
    waiting_.emplace(missing, m.lane);
    ++held_lanes_;
    return false;
  }
  return true;
}

void merge::emit(moment m) {
  strand& s = lanes_[m.lane];
  m.at = std::max({m.at, s.floor, last_});
  last_ = s.floor = m.at;
  causes_.passed(m);
  out_.push_back(m);
  if (!causes::is_cause(m.what)) return;
  const cause_key key{m.what, m.id};
  const auto expected = expected_.find(key);
  if (expected != expected_.end() && --expected->second.count == 0) expected_.erase(expected);
  const auto [from, to] = waiting_.equal_range(key);
  std::vector<std::uint32_t> lanes;
  for (auto at = from; at != to; ++at) lanes.push_back(at->second);
  waiting_.erase(from, to);
  for (const std::uint32_t lane : lanes) release(lane, m.at, false);
}

/// What was held goes on, until one of it has to wait again. forced: the first one does not.
void merge::release(std::uint32_t lane, std::int64_t not_before, bool forced) {
  strand& s = lanes_[lane];
  const auto [from, to] = waiting_.equal_range(s.waits_for);
  const auto mine = std::find_if(from, to, [lane](const auto& w) { return w.second == lane; });
  if (mine != to) waiting_.erase(mine);  // its cause has not come
  std::deque<moment> held;
  held.swap(s.held);
  --held_lanes_;
  while (!held.empty()) {
    const moment m = held.front();
    held.pop_front();
    if (!forced && !go_or_wait(m)) {
      s.held.insert(s.held.end(), held.begin(), held.end());
      return;
    }
    forced = false;
    if (m.at < not_before && not_before > s.floor) {
      ++fixups_.moved;
      fixups_.largest = std::max(fixups_.largest, not_before - m.at);
    }
    s.floor = std::max(s.floor, not_before);
    emit(m);
  }
}

void merge::release_the_overdue(std::int64_t now) {
  if (held_lanes_ == 0) return;
  for (std::uint32_t i = 0; i < lanes_.size(); ++i) {
    strand& s = lanes_[i];
    if (s.held.empty() || now - s.held.front().at <= 4 * window) continue;
    release(i, s.held.front().at, true);
  }
}

}  // namespace weir_tool
