// What is on tracks of its own: the lives of tasks and jobs, operations, groups, workers.
#include <array>

#include "convert/timeline.hpp"
#include "units.hpp"

namespace weir_tool {
namespace {

using weir::detail::wait_cause;

std::string io_kind(unsigned kind) {
  static constexpr std::array names{"sleep", "poll in", "poll out", "read",   "write",
                                    "recv",  "send",    "accept",   "connect"};
  return kind < names.size() ? names.at(kind) : "operation";
}

const char* status_name(unsigned status) {
  static constexpr std::array names{"ok", "failed", "cancelled", "ran elsewhere", "internal"};
  return status < names.size() ? names.at(status) : "unknown";
}

const char* track_of(bool task) { return task ? "tasks" : "jobs"; }

}  // namespace

/// A life whose beginning is not in the trace begins with its first event.
timeline::life& timeline::alive(const moment& m, bool task) {
  const auto [at, fresh] = lives_.try_emplace(m.id);
  life& l = at->second;
  if (!fresh) return l;
  if (m.what != event::spawn) ++cut_;
  l.task = task;
  l.site = m.what == event::spawn || m.what == event::begin ? m.site : 0;
  l.track = tracks_.take(track_of(task));
  const std::array args{argument{"id", {}, static_cast<std::int64_t>(m.id)},
                        argument{"by", {}, static_cast<std::int64_t>(m.what == event::spawn ? m.arg : 0)}};
  to_.begin(l.track, now_, name_of_site(l.site, task ? "task" : "job"), args, 0);
  return l;
}

void timeline::inner(life& l, const std::string& name, std::uint64_t about) {
  end_inner(l);
  const argument object{"object", {}, static_cast<std::int64_t>(about)};
  to_.begin(l.track, now_, name, {&object, about == 0 ? std::size_t{0} : std::size_t{1}}, 0);
  l.inner = true;
}

void timeline::end_inner(life& l) {
  if (l.inner) to_.end(l.track, now_, {});
  l.inner = false;
}

void timeline::tasks_and_jobs(const moment& m) {
  switch (m.what) {
    case event::spawn: {
      if (const auto old = lives_.find(m.id); old != lives_.end()) {  // its end is lost
        end_inner(old->second);
        to_.end(old->second.track, now_, {});
        tracks_.give_back(track_of(old->second.task), old->second.track);
        lives_.erase(old);
      }
      life& l = alive(m, (m.flags & 1U) != 0);
      if (l.task) return;
      const thread& t = thread_of(m);
      to_.flow(t.track, now_, "spawn", l.flow = ++flows_, !t.slices.empty());
      return inner(l, "queued", 0);
    }
    case event::begin: {
      if (m.flags != 0) return open(m, m.id, name_of_site(m.site, "a piece of work"), 0);
      life& l = alive(m, false);
      end_inner(l);
      open(m, m.id, name_of_site(l.site, "job"), l.flow);
      l.flow = 0;
      return;
    }
    case event::suspend:
      return suspended(m);
    case event::wake:
      return woken(m);
    case event::resume:
      return resumed(m);
    default:
      return ended(m);
  }
}

void timeline::suspended(const moment& m) {
  if (!close(m, m.id)) ++cut_;
  const char* const cause = name_of(static_cast<wait_cause>(m.flags));
  life& l = alive(m, true);
  inner(l, std::string{"waits: "} + cause + (m.site == 0 ? "" : " in " + site_name(trace_, m.site)), m.arg);
}

void timeline::woken(const moment& m) {
  life& l = alive(m, true);
  const thread& t = thread_of(m);
  to_.flow(t.track, now_, "wake", l.flow = ++flows_, !t.slices.empty());
  inner(l, "ready", 0);
}

void timeline::resumed(const moment& m) {
  life& l = alive(m, true);
  end_inner(l);
  open(m, m.id, name_of_site(l.site, "task"), l.flow);
  l.flow = 0;
}

void timeline::ended(const moment& m) {
  const bool had_slice = close(m, m.id);
  const auto at = lives_.find(m.id);
  if (m.flags == internal_end || at == lives_.end()) {
    if (!had_slice) ++cut_;
    return;
  }
  end_inner(at->second);
  const argument status{"status", status_name(m.flags), 0};
  to_.end(at->second.track, now_, {&status, 1});
  tracks_.give_back(track_of(at->second.task), at->second.track);
  lives_.erase(at);
}

void timeline::start(std::unordered_map<std::uint64_t, thing>& in, std::uint64_t id, const std::string& track,
                     const std::string& name, std::initializer_list<argument> args) {
  if (in.contains(id)) stop(in, id, track, {});  // its end is lost
  thing& t = in[id];
  t.track = tracks_.take(track);
  to_.begin(t.track, now_, name, args, 0);
}

void timeline::stop(std::unordered_map<std::uint64_t, thing>& in, std::uint64_t id, const std::string& track,
                    std::initializer_list<argument> args) {
  const auto at = in.find(id);
  if (at == in.end()) {
    ++cut_;
    return;
  }
  if (at->second.inner) to_.end(at->second.track, now_, {});
  to_.end(at->second.track, now_, args);
  tracks_.give_back(track, at->second.track);
  in.erase(at);
}

void timeline::things(const moment& m) {
  using enum event;
  const argument id{"id", {}, static_cast<std::int64_t>(m.id)};
  const auto arg = static_cast<std::int64_t>(m.arg);
  switch (m.what) {
    case io_submit:
      return start(operations_, m.id, "I/O", io_kind(m.flags & 0xFFU), {id, {"descriptor", {}, arg}});
    case io_complete:
      return stop(operations_, m.id, "I/O", {{"result", {}, arg}});
    case group_begin:
      return start(groups_, m.id, "groups", name_of_site(m.site, "group"), {id});
    case group_end:
      return stop(groups_, m.id, "groups", {});
    case enter:
    case leave:
    case park:
    case unpark:
      return worker(m);
    default:
      return;
  }
}

void timeline::worker(const moment& m) {
  const std::uint64_t key = m.arg * 65'536 + m.id;  // runtimes are further apart than a worker's index
  const std::string track = "worker " + std::to_string(m.id);
  if (m.what == event::leave) return stop(workers_, key, track, {});
  if (m.what == event::enter || !workers_.contains(key))
    start(workers_, key, track, "in", {{"runtime", {}, static_cast<std::int64_t>(m.arg)}});
  thing& w = workers_[key];
  if (w.inner) to_.end(w.track, now_, {});
  w.inner = m.what == event::park;
  if (w.inner) to_.begin(w.track, now_, "idle", {}, 0);
}

}  // namespace weir_tool
