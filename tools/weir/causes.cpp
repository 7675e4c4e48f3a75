#include "causes.hpp"

namespace weir_tool {

bool causes::is_cause(event what) {
  using enum event;
  return what == spawn || what == suspend || what == wake || what == io_submit || what == timer_arm ||
         what == group_begin;
}

/// Its SPAWN; for a WAKE and a RESUME also the step before it.
cause_key causes::missing_of_task(const moment& m) const {
  using enum event;
  const auto task = tasks_.find(m.id);
  const bool known = task != tasks_.end();
  if (!known) return {spawn, m.id};  // of one that began before the recording the WAKE may have been before it, too
  if (m.what == resume) {
    if (task->second.now == phase::woken) return {};
    if ((m.flags & 1U) == 0) return {wake, m.id};
    return task->second.now == phase::running ? cause_key{suspend, m.id} : cause_key{};
  }
  if (m.what != wake || task->second.now == phase::suspended) return {};
  // Who starts a task wakes it for the first time; every other WAKE ends a SUSPEND.
  return task->second.now == phase::spawned && task->second.lane == m.lane ? cause_key{} : cause_key{suspend, m.id};
}

std::array<cause_key, 2> causes::missing(const moment& m) const {
  using enum event;
  const auto unless = [](bool seen, event cause, std::uint64_t id) {
    return seen ? cause_key{} : cause_key{cause, id};
  };
  switch (m.what) {
    case begin:  // a piece of a bulk, a fork or a branch has no SPAWN, and several threads may run the same one
      return {m.flags == 0 ? missing_of_task(m) : cause_key{}};
    case end:
      return {m.flags != internal_end ? missing_of_task(m) : cause_key{}};
    case suspend:
    case wake:
    case resume:
    case detach:
      return {missing_of_task(m)};
    case member:
      return {missing_of_task(m), unless(groups_.contains(m.arg), group_begin, m.arg)};
    case stop_request:
      if (tasks_.contains(m.id) || groups_.contains(m.id)) return {};
      return {cause_key{spawn, m.id}, cause_key{group_begin, m.id}};
    case group_settle:
    case group_end:
      return {unless(groups_.contains(m.id), group_begin, m.id)};
    case io_complete:
      return {unless(operations_.contains(m.id), io_submit, m.id)};
    case timer_fire:
      return {unless(timers_.contains(m.id), timer_arm, m.id)};
    default:
      return {};
  }
}

void causes::passed(const moment& m) {
  using enum event;
  switch (m.what) {
    case spawn:
      tasks_[m.id] = {phase::spawned, m.lane};
      break;
    case begin:
      if (m.flags == 0) tasks_[m.id].now = phase::running;
      break;
    case resume:
      tasks_[m.id].now = phase::running;
      break;
    case suspend:
      tasks_[m.id].now = phase::suspended;
      break;
    case wake:
      tasks_[m.id].now = phase::woken;
      break;
    case end:
      if (m.flags != internal_end) tasks_.erase(m.id);
      break;
    case dropped:
      tasks_.erase(m.id);
      break;
    case io_submit:
      operations_.insert(m.id);
      break;
    case io_complete:
      operations_.erase(m.id);
      timers_.erase(m.id);  // its deadline, which was not reached
      break;
    case timer_arm:
      timers_.insert(m.id);
      break;
    case timer_fire:
      timers_.erase(m.id);
      break;
    case group_begin:
      groups_.insert(m.id);
      break;
    case group_end:
      groups_.erase(m.id);
      break;
    default:
      break;
  }
}

}  // namespace weir_tool
