// The merge of threads whose clocks differ.
#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "merge.hpp"
#include "weir/support/story.hpp"

using support::event;
using support::tell;
using support::told;
using weir_tool::moment;

namespace {

struct merged {
  std::vector<moment> events;
  weir_tool::fixups fixups;

  [[nodiscard]] std::size_t place(event what, std::uint64_t id, std::uint32_t thread) const {
    const auto at = std::ranges::find_if(
        events, [&](const moment& m) { return m.what == what && m.id == id && m.thread == thread; });
    REQUIRE(at != events.end());
    return static_cast<std::size_t>(at - events.begin());
  }
};

merged merge_of(const std::vector<told>& events) {
  const support::memory_file f{support::trace_of(events)};
  const auto trace = weir_tool::open_trace(f.path());
  weir_tool::merge all{trace};
  merged out;
  for (moment m; all.next(m);) out.events.push_back(m);
  out.fixups = all.moved();
  REQUIRE(out.events.size() == events.size());
  CHECK(std::ranges::is_sorted(out.events, {}, &moment::at));
  return out;
}

/// What came before, in order and in time; then the effect on thread 2 half a microsecond before its cause on thread 1.
void check_order(std::vector<told> before, told cause, told effect) {
  cause.thread = 1;
  cause.what.ticks = 10'500;
  effect.thread = 2;
  effect.what.ticks = 10'000;
  before.push_back(cause);
  before.push_back(effect);
  const merged m = merge_of(before);
  const auto what = [](const told& t) { return static_cast<event>(t.what.what); };
  CAPTURE(cause.what.what);
  CAPTURE(effect.what.what);
  CHECK(m.place(what(cause), cause.what.id, 1) < m.place(what(effect), effect.what.id, 2));
  CHECK(m.fixups.moved == 1);
  CHECK(m.fixups.largest == 500);
}

}  // namespace

TEST_CASE("merge: each effect that the page promises follows its cause when its clock is behind") {
  using enum event;
  const told spawned = tell(1, 0, spawn, 7, 0, 1);
  for (const event effect : {wake, suspend, end, stop_request, detach}) check_order({}, spawned, tell(2, 0, effect, 7));
  check_order({}, tell(1, 0, spawn, 7), tell(2, 0, begin, 7));
  check_order({tell(3, 1, group_begin, 9)}, spawned, tell(2, 0, member, 7, 9));
  check_order({tell(3, 1, spawn, 7, 0, 1)}, tell(1, 0, group_begin, 9), tell(2, 0, member, 7, 9));
  check_order({tell(3, 1, spawn, 7, 0, 1), tell(3, 2, wake, 7), tell(3, 3, resume, 7)}, tell(1, 0, suspend, 7),
              tell(2, 0, wake, 7));
  check_order({tell(3, 1, spawn, 7, 0, 1)}, tell(1, 0, wake, 7), tell(2, 0, resume, 7));
  check_order({}, tell(1, 0, io_submit, 7), tell(2, 0, io_complete, 7));
  check_order({}, tell(1, 0, timer_arm, 7), tell(2, 0, timer_fire, 7));
  for (const event effect : {group_settle, group_end, stop_request})
    check_order({}, tell(1, 0, group_begin, 7), tell(2, 0, effect, 7));
}

TEST_CASE("merge: pieces of bulks have no SPAWN and wait for none") {
  const merged m = merge_of({tell(2, 10'000, event::begin, 7, 0, 3), tell(2, 10'100, event::end, 7, 0, 4),
                             tell(1, 10'500, event::spawn, 7, 0, 1)});
  CHECK(m.fixups.moved == 0);
  CHECK(m.place(event::end, 7, 2) < m.place(event::spawn, 7, 1));
}

TEST_CASE("merge: a cause that comes later in the effect's own thread holds nothing back") {
  const merged m = merge_of({tell(2, 10'000, event::resume, 7), tell(2, 10'010, event::suspend, 7),
                             tell(2, 10'020, event::wake, 7), tell(1, 10'015, event::mark)});
  CHECK(m.fixups.moved == 0);
  CHECK(m.events[2].what == event::mark);
}

TEST_CASE("merge: an effect whose cause is further away than clocks differ goes when its time has come") {
  const merged m = merge_of({tell(2, 10'000, event::wake, 7), tell(1, 10'000'000, event::spawn, 7, 0, 1)});
  CHECK(m.fixups.moved == 0);
  CHECK(m.events[0].what == event::wake);
}

TEST_CASE("merge: threads that contradict each other end it all the same") {
  const merged m = merge_of({tell(1, 10'000, event::wake, 7), tell(1, 10'010, event::spawn, 8, 0, 1),
                             tell(2, 10'000, event::wake, 8), tell(2, 10'010, event::spawn, 7, 0, 1)});
  CHECK(m.events.size() == 4);
}

TEST_CASE("merge: a program whose threads' clocks differ by less than a microsecond comes out in its own order") {
  const std::vector<told> truth = support::story();
  std::mt19937 random{1};
  for (int round = 0; round < 200; ++round) {
    std::vector<told> events = truth;
    std::array<std::uint64_t, 5> ahead{};
    for (auto& a : ahead) a = random() % 900;
    for (told& t : events) t.what.ticks += ahead.at(t.thread);
    const merged m = merge_of(events);
    CHECK(m.fixups.backwards == 0);
    for (const std::uint64_t task : {0x100U, 0x200U, 0x300U}) {
      std::vector<event> wanted;
      std::vector<event> found;
      for (const told& t : truth)
        if (t.what.id == task) wanted.push_back(static_cast<event>(t.what.what));
      for (const moment& one : m.events)
        if (one.id == task) found.push_back(one.what);
      CHECK(wanted == found);
    }
  }
}

TEST_CASE("clock: ticks become nanoseconds by the sync points, exactly and without falling") {
  using weir::tracing::clock_kind;
  weir_tool::trace_clock clock{
      {{.ticks = 1'000, .monotonic = 500}, {.ticks = 4'000, .monotonic = 1'500}, {.ticks = 5'000, .monotonic = 3'500}},
      clock_kind::tsc};
  CHECK(clock.rate_known());
  CHECK(clock.ns(1'000) == 0);
  CHECK(clock.ns(2'500) == 500);
  CHECK(clock.ns(4'500) == 2'000);
  CHECK(clock.ns(6'000) == 5'000);  // beyond the last, at its rate
  CHECK(clock.ns(400) == -200);     // before the first
  std::int64_t last = INT64_MIN;
  for (std::uint64_t t = 0; t < 7'000; ++t) {
    CHECK(clock.ns(t) >= last);
    last = clock.ns(t);
  }
  CHECK_FALSE(weir_tool::trace_clock{{{.ticks = 1}}, clock_kind::tsc}.rate_known());
  CHECK(weir_tool::trace_clock{{{.ticks = 1}}, clock_kind::monotonic}.rate_known());
}
