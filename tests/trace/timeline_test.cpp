#include "trace/timeline.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using weir::detail::event;
using weir::tracing::capture;
using weir::tracing::entry;
using weir::tracing::make_timeline;
using weir::tracing::record;
using weir::tracing::track;

namespace {

// A capture whose ticks are nanoseconds, ending at `end`.
capture captured(std::vector<track> tracks, std::uint64_t end = 1'000'000) {
  capture c;
  c.tracks = std::move(tracks);
  c.end = {end, end};
  return c;
}

record at(std::uint64_t ns, event what, std::uint64_t id, std::uint64_t arg = 0) { return {ns, what, 0, id, arg}; }

// "B1@10 E1@20": phase letter, id, time; "!" when unfinished. Only one category unless empty.
std::string brief(const capture& c, std::string_view category = {}) {
  std::string text;
  for (const entry& e : make_timeline(c).entries) {
    if (!category.empty() && e.category != category) continue;
    constexpr std::string_view letters = "BEbeiC";
    text += text.empty() ? "" : " ";
    text += letters[static_cast<std::size_t>(e.what)];
    text += std::to_string(e.id) + "@" + std::to_string(e.ns) + (e.unfinished ? "!" : "");
  }
  return text;
}

}  // namespace

TEST_CASE("timeline: jobs on a thread are nested slices") {
  CHECK(brief(captured(
                  {{1,
                    "w",
                    true,
                    {at(10, event::begin, 1), at(20, event::begin, 2), at(30, event::end, 2), at(40, event::end, 1)}}}),
              "run") == "B1@10 B2@20 E2@30 E1@40");
}

TEST_CASE("timeline: an end whose begin was overwritten is left out; what is open at the end is closed and marked") {
  CHECK(brief(captured({{1, "w", true, {at(10, event::end, 9), at(20, event::begin, 1), at(30, event::begin, 2)}}}, 50),
              "run") == "B1@20 B2@30 E2@50! E1@50!");
}

TEST_CASE("timeline: an outer end closes what was left open inside") {
  CHECK(brief(captured(
                  {{1,
                    "w",
                    true,
                    {at(10, event::begin, 1), at(20, event::begin, 2), at(30, event::end, 1), at(40, event::end, 2)}}}),
              "run") == "B1@10 B2@20 E2@30! E1@30");
}

TEST_CASE("timeline: a task that suspends leaves its thread, and its wait is a span") {
  const capture c = captured({{1, "a", true, {at(5, event::begin, 7), at(10, event::suspend, 7)}},
                              {2, "b", true, {at(30, event::resume, 7), at(40, event::end, 7)}}});
  CHECK(brief(c, "run") == "B7@5 E7@10 B7@30 E7@40");
  CHECK(brief(c, "wait") == "b7@10 e7@30");
}

TEST_CASE("timeline: time in a queue and I/O are spans across threads") {
  const capture c =
      captured({{1, "a", true, {at(5, event::spawn, 7), at(6, event::io_submit, 8)}},
                {2, "b", true, {at(15, event::begin, 7), at(20, event::end, 7), at(25, event::io_complete, 8, 100)}}});
  CHECK(brief(c, "queued") == "b7@5 e7@15");
  CHECK(brief(c, "io") == "b8@6 e8@25");
}

TEST_CASE("timeline: a resume that the clocks put before its suspend is a span of no length, and counted") {
  const capture c = captured({{1, "a", true, {at(100, event::begin, 7), at(200, event::suspend, 7)}},
                              {2, "b", true, {at(199, event::resume, 7), at(300, event::end, 7)}}});
  CHECK(brief(c, "wait") == "b7@200 e7@200");
  CHECK(make_timeline(c).reordered == 1);
}

TEST_CASE("timeline: an end far before a begin belongs to an overwritten begin, not to this one") {
  const capture c = captured({{1, "a", true, {at(100, event::resume, 7), at(200'000, event::suspend, 7)}}}, 300'000);
  CHECK(brief(c, "wait") == "b7@200000 e7@300000!");
  CHECK(make_timeline(c).reordered == 0);
}

TEST_CASE("timeline: a parked worker is a slice that ends when it wakes or runs something") {
  CHECK(brief(captured({{1,
                         "w",
                         true,
                         {at(10, event::park, 3), at(20, event::unpark, 3), at(30, event::park, 3),
                          at(40, event::begin, 1), at(50, event::end, 1)}}})) == "B3@10 E3@20 B3@30 E3@40 B1@40 E1@50");
}

TEST_CASE("timeline: ticks and depths are counters, the rest are instants") {
  CHECK(brief(captured({{1,
                         "w",
                         true,
                         {at(10, event::tick, 1, 5), at(20, event::depth, 2, 6), at(30, event::steal, 3),
                          at(40, event::mark, 4), at(50, event::unpark, 5), at(60, event::wake, 6),
                          at(70, event::queue_full, 7), at(80, static_cast<event>(999), 8)}}})) ==
        "C1@10 C2@20 i3@30 i4@40 i5@50 i6@60 i7@70 i8@80");
}

TEST_CASE("timeline: a thread whose clock jumps back still has nested slices and rising times") {
  CHECK(brief(captured({{1,
                         "w",
                         true,
                         {at(100, event::begin, 1), at(90, event::begin, 2), at(95, event::end, 2),
                          at(80, event::end, 1)}}}),
              "run") == "B1@100 B2@100 E2@100 E1@100");
}
