#include "convert/timeline.hpp"

#include <algorithm>
#include <array>

#include "units.hpp"

namespace weir_tool {
namespace {

argument id_of(std::uint64_t id) { return {"id", {}, static_cast<std::int64_t>(id)}; }

}  // namespace

timeline::timeline(const trace_file& trace, sink& to) : trace_{trace}, to_{to}, tracks_{to} {
  std::vector<std::pair<std::uint32_t, thread_name>> all{trace.threads.begin(), trace.threads.end()};
  std::ranges::sort(all, {}, [](const auto& one) { return one.first; });
  for (const auto& [number, t] : all)
    threads_[number].track =
        tracks_.of_thread(number, t.name.empty() ? "thread " + std::to_string(number) : t.name, t.tid);
}

timeline::thread& timeline::thread_of(const moment& m) {
  thread& t = threads_[m.thread];
  if (t.track == 0) t.track = tracks_.of_thread(m.thread, "thread " + std::to_string(m.thread), m.thread);
  return t;
}

std::string timeline::name_of_site(std::uint32_t site, const char* otherwise) const {
  return site == 0 ? otherwise : site_name(trace_, site);
}

void timeline::see(const moment& m) {
  if (first_ && m.at < 0) shift_ = -m.at;  // no format has times before its beginning
  first_ = false;
  now_ = m.at + shift_;
  const auto n = static_cast<unsigned>(m.what);
  if (m.what == event::lost) close_all(m);
  if (n >= 16 && n <= 21) return tasks_and_jobs(m);
  if (m.what == event::block_begin) return open(m, m.id, name_of_site(m.site, "blocking call"), 0);
  if (m.what == event::block_end) {
    if (!close(m, m.id)) ++cut_;
    return;
  }
  things(m);
  measures(m);
  notes(m);
}

void timeline::open(const moment& m, std::uint64_t id, const std::string& name, std::uint64_t flow) {
  thread& t = thread_of(m);
  t.slices.push_back(id);
  const argument about = id_of(id);
  to_.begin(t.track, now_, name, {&about, 1}, flow);
}

/// With what is still open inside it.
bool timeline::close(const moment& m, std::uint64_t id) {
  thread& t = thread_of(m);
  const auto found = std::ranges::find(t.slices.rbegin(), t.slices.rend(), id);
  if (found == t.slices.rend()) return false;
  for (auto n = found - t.slices.rbegin() + 1; n > 0; --n) {
    to_.end(t.track, now_, {});
    t.slices.pop_back();
  }
  return true;
}

void timeline::close_all(const moment& m) {
  thread& t = thread_of(m);
  for (; !t.slices.empty(); t.slices.pop_back()) to_.end(t.track, now_, {});
}

void timeline::notes(const moment& m) {
  using enum event;
  static constexpr std::array told{lost,       mark,         stop_request, detach,      dropped,
                                   unobserved, group_settle, steal,        timer_fire,  queue_full,
                                   queue_high, queue_low,    queue_close,  permit_wait, limit};
  if (std::ranges::find(told, m.what) == told.end()) return;
  const std::string name = m.what == mark ? name_of_site(m.site, "mark") : name_of(m.what);
  const std::string about = name_of_site(m.site, "");
  const std::array args{id_of(m.id), argument{"arg", {}, static_cast<std::int64_t>(m.arg)},
                        argument{"about", about, 0}};
  to_.instant(thread_of(m).track, now_, name, std::span{args}.first(about.empty() ? 2 : 3));
}

void timeline::count(const std::string& name, std::uint64_t about, std::uint64_t value) {
  to_.counter(tracks_.of_counter(name, about), now_, static_cast<std::int64_t>(value));
}

void timeline::measures(const moment& m) {
  using enum event;
  switch (m.what) {
    case queue_push:
    case queue_pop:
      return count("depth of " + name_of_site(m.site, "a queue"), m.id, high(m.arg));
    case permit_take:
      in_use_[m.id] = high(m.arg);
      return count("in use of " + name_of_site(m.site, "a limiter"), m.id, high(m.arg));
    case permit_give: {
      std::int64_t& n = in_use_[m.id];
      n = std::max<std::int64_t>(0, n - static_cast<std::int64_t>(m.arg));
      return count("in use of " + name_of_site(m.site, "a limiter"), m.id, static_cast<std::uint64_t>(n));
    }
    case tick:
      return count("reactor lag, ns", m.thread, low(m.id));
    case counter:
      return count(name_of(static_cast<weir::detail::counter_kind>(m.flags)), m.id, m.arg);
    default:
      return;
  }
}

void timeline::finish() {
  for (auto& [number, t] : threads_)
    for (; !t.slices.empty(); t.slices.pop_back()) to_.end(t.track, now_, {});
  for (auto& [id, l] : lives_) {
    end_inner(l);
    to_.end(l.track, now_, {});
  }
  for (auto* const all : {&operations_, &groups_, &workers_})
    for (auto& [id, t] : *all) {
      if (t.inner) to_.end(t.track, now_, {});
      to_.end(t.track, now_, {});
    }
  to_.finish();
}

}  // namespace weir_tool
