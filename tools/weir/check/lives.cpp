#include "check/lives.hpp"

#include <algorithm>

namespace weir_tool {

std::uint64_t lives::open_tasks() const {
  return static_cast<std::uint64_t>(std::ranges::count_if(life_, [](const auto& one) { return one.second.task; }));
}

void lives::see(const moment& m) {
  switch (m.what) {
    case event::spawn:
      return spawn(m);
    case event::begin:
      return begin(m);
    case event::end:
      return end(m);
    case event::suspend:
    case event::wake:
    case event::resume:
      return step(m);
    case event::group_begin:
    case event::group_settle:
    case event::group_end:
      return group(m);
    case event::io_submit:
    case event::io_complete:
      return operation(m);
    default:
      return;
  }
}

void lives::spawn(const moment& m) {
  const auto [at, fresh] = life_.try_emplace(m.id);
  if (!fresh) to_.broken("lives", m, "it is started, and has not ended since it was started before");
  at->second = {phase::spawned, (m.flags & 1U) != 0};
}

void lives::begin(const moment& m) {
  if (m.flags != 0) return;
  const auto [at, fresh] = life_.try_emplace(m.id);
  if (fresh) to_.broken("lives", m, "a job begins that was not started");
  if (!fresh && at->second.now != phase::spawned) to_.broken("lives", m, "a job begins a second time");
  at->second.now = phase::running;
}

void lives::end(const moment& m) {
  constexpr std::uint16_t cancelled = 2;
  if (m.flags == internal_end) return;
  const auto at = life_.find(m.id);
  if (at == life_.end()) return;  // a piece of a bulk, or begun before: the law of slices looks at its BEGIN
  if (!at->second.task && at->second.now == phase::spawned && m.flags != cancelled)
    to_.broken("lives", m, "a job ends that has not begun, and was not refused");
  if (at->second.task && (at->second.now == phase::suspended || at->second.now == phase::woken))
    to_.broken("lives", m, "a task ends while it is suspended");
  life_.erase(at);
}

void lives::step(const moment& m) {
  const auto [at, fresh] = life_.try_emplace(m.id);
  phase& now = at->second.now;
  if (fresh) {
    ++earlier_;
    at->second.task = true;
    now = m.what == event::suspend ? phase::running : m.what == event::wake ? phase::suspended : phase::woken;
    if (all_tasks_known_) to_.broken("lives", m, "a task acts that was not started");
  }
  if (m.what == event::suspend) {
    if (now != phase::running) to_.broken("lives", m, "a task is suspended that does not run");
    now = phase::suspended;
  } else if (m.what == event::wake) {
    if (now == phase::running) to_.broken("wakes", m, "a task is woken that runs");
    if (now == phase::woken) to_.broken("wakes", m, "a task is woken a second time before it is resumed");
    now = phase::woken;
  } else {
    const bool at_once = (m.flags & 1U) != 0;
    if (now == phase::running) to_.broken("lives", m, "a task is resumed that runs");
    if (!at_once && (now == phase::suspended || now == phase::spawned))
      to_.broken("wakes", m, "a task is resumed that was not woken");
    if (at_once && now == phase::woken && !fresh) to_.broken("wakes", m, "a task is resumed in place, but was woken");
    now = phase::running;
  }
}

void lives::group(const moment& m) {
  if (m.what == event::group_begin) {
    if (!groups_.insert(m.id).second) to_.broken("groups", m, "a group begins that has not ended");
    return;
  }
  if (!groups_.contains(m.id) && all_tasks_known_)
    to_.broken("groups", m, "a group settles or ends that has not begun");
  if (m.what == event::group_end) groups_.erase(m.id);
}

void lives::operation(const moment& m) {
  if (m.what == event::io_submit) {
    if (!operations_.insert(m.id).second)
      to_.broken("operations", m, "an operation is submitted that has not completed");
  } else if (operations_.erase(m.id) == 0 && all_operations_known_) {
    to_.broken("operations", m, "an operation completes that was not submitted");
  }
}

}  // namespace weir_tool
