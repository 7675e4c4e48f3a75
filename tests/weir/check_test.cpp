// weir check: a trace that keeps the laws, and each way of breaking one.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "weir/support/command.hpp"
#include "weir/support/story.hpp"

using support::event;
using support::tell;
using support::told;

namespace {

support::ran check(const std::vector<told>& events, const std::string& options = {}) {
  const support::scratch_directory dir;
  support::write_file(dir.file("t.wtr"), support::trace_of(events, support::story_sites));
  return support::run_weir("check " + options + " '" + dir.file("t.wtr") + "'");
}

/// The story with one change is against the law.
void broken(const std::string& law, const std::vector<told>& events) {
  const support::ran r = check(events, "--json");
  CHECK(r.status == 3);
  CHECK_MESSAGE(r.out.find("{\"law\":\"" + law + "\"") != std::string::npos, law, ": ", r.out);
}

std::vector<told> with(const std::vector<told>& more) {
  const auto ticks = [](const told& t) { return t.what.ticks; };
  std::vector<told> all = support::story();
  for (const told& one : more) all.insert(std::ranges::upper_bound(all, one.what.ticks, {}, ticks), one);
  return all;
}

}  // namespace

TEST_CASE("check: a program that keeps every law is clean") {
  const support::ran r = check(support::story());
  CHECK(r.status == 0);
  CHECK(r.err.empty());
  CHECK(r.out.find("broken") == std::string::npos);
  CHECK(r.out.find("not checked") == std::string::npos);
  CHECK(r.out.find("open at the end: 0 tasks, 0 jobs, 0 groups, 0 operations, 0 slices") != std::string::npos);
}

TEST_CASE("check: without any one event that has a counterpart a law is broken") {
  // Without a counterpart: what is told once, or need not have been seen.
  using enum event;
  const std::set<event> alone{counter, limit, queue_open, queue_close, member, group_settle, mark, tick, enter, leave};
  const std::vector<told> whole = support::story();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto what = static_cast<event>(whole[i].what.what);
    if (alone.contains(what)) continue;
    const bool last = std::none_of(whole.begin() + static_cast<std::ptrdiff_t>(i) + 1, whole.end(),
                                   [&](const told& t) { return t.what.what == whole[i].what.what; });
    if (last && (what == queue_pop || what == permit_give)) continue;  // items may be left, units may be held
    std::vector<told> less = whole;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    const support::ran r = check(less);
    CHECK_MESSAGE(r.status == 3, "without event ", i, " of type ", whole[i].what.what, ": ", r.out);
  }
}

TEST_CASE("check: each law is broken by what is against it") {
  using enum event;
  broken("lives", with({tell(1, 1'125, spawn, 0x100, 0, 1)}));
  broken("lives", with({tell(2, 1'525, begin, 0x300)}));
  broken("lives", with({tell(2, 1'535, begin, 0x301), tell(2, 1'536, end, 0x301)}));
  broken("wakes", with({tell(3, 1'303, wake, 0x200)}));
  broken("wakes", with({tell(3, 1'415, wake, 0x100)}));
  broken("slices", with({tell(2, 1'525, begin, 0x310, 0, 1)}));
  broken("workers", with({tell(2, 1'280, enter, 0, 0x9000)}));
  broken("workers", with({tell(2, 1'280, begin, 0x310, 0, 1), tell(2, 1'281, end, 0x310, 0, 4)}));
  broken("workers", with({tell(2, 1'610, park, 0, 0x9000)}));
  broken("groups", with({tell(2, 1'215, group_begin, 0x400, 0x100)}));
  broken("groups", with({tell(2, 1'405, group_end, 0x400)}));
  broken("operations", with({tell(3, 1'270, io_submit, 0x500, 7, 3)}));
  broken("operations", with({tell(3, 1'303, io_complete, 0x500, 1)}));
  broken("permits", with({tell(2, 1'337, permit_take, 0x600, 3 | 3ULL << 32U), tell(2, 1'338, permit_give, 0x600, 3)}));
  broken("queues", with({tell(2, 1'344, queue_push, 0x700, 1 | 5ULL << 32U)}));
  broken("queues", with({tell(2, 1'344, queue_pop, 0x700, 1)}));
  broken("counters", with({tell(1, 1'640, spawn, 0x800, 0, 1)}));
}

TEST_CASE("check: a recording that began in the middle or was stopped in it breaks no law") {
  std::vector<told> whole = support::story();
  std::erase_if(whole, [](const told& t) { return t.thread == 4; });  // the counters
  for (std::uint64_t from = 1'000; from < 1'700; from += 7) {
    std::vector<told> later = whole;
    std::erase_if(later, [&](const told& t) { return t.what.ticks < from; });
    std::vector<told> earlier = whole;
    std::erase_if(earlier, [&](const told& t) { return t.what.ticks >= from; });
    for (told& t : later)  // the recorder knows that it has not seen the SPAWN
      if (t.what.what == static_cast<std::uint16_t>(event::begin) && from > 1'510) t.what.flags = 3;
    CAPTURE(from);
    const support::ran l = check(later);
    CHECK_MESSAGE(l.status == 0, l.out);
    const support::ran e = check(earlier);
    CHECK_MESSAGE(e.status == 0, e.out);
  }
}

TEST_CASE("check: what the trace cannot decide is not looked at, and that is said") {
  std::vector<told> events = support::story();
  events[6] = tell(1, 1'100, event::lost, 0, 1);  // the SPAWN
  const support::ran lossy = check(events);
  CHECK(lossy.status == 0);
  CHECK(lossy.out.find("1 events are lost") != std::string::npos);
  CHECK(lossy.err.find("1 events are not in the trace") != std::string::npos);
}

TEST_CASE("check: a damaged trace is status 2, with or without JSON") {
  const support::scratch_directory dir;
  std::string bytes = support::trace_of(support::story(), support::story_sites);
  bytes.resize(bytes.size() - 8);
  support::write_file(dir.file("t.wtr"), bytes);
  const support::ran text = support::run_weir("check '" + dir.file("t.wtr") + "'");
  CHECK(text.status == 2);
  CHECK(text.err.find("truncated") != std::string::npos);
  const support::ran as_json = support::run_weir("check --json '" + dir.file("t.wtr") + "'");
  CHECK(as_json.status == 2);
  CHECK(as_json.out.find("truncated") != std::string::npos);
  CHECK(as_json.err.empty());
}
