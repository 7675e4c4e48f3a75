// weir stats: the figures of a program that is known.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "stats/spread.hpp"
#include "weir/support/command.hpp"
#include "weir/support/story.hpp"

using support::event;
using support::tell;

namespace {

support::ran stats(const std::vector<support::told>& events, const std::string& options) {
  const support::scratch_directory dir;
  support::write_file(dir.file("t.wtr"), support::trace_of(events, support::story_sites));
  return support::run_weir("stats " + options + " '" + dir.file("t.wtr") + "'");
}

/// {"count":...} of durations that are all the same.
std::string all_of(std::uint64_t count, std::uint64_t ns) {
  const std::string each = std::to_string(ns);
  return "{\"count\":" + std::to_string(count) + ",\"sum_ns\":" + std::to_string(count * ns) + ",\"p50_ns\":" + each +
         ",\"p99_ns\":" + each + ",\"max_ns\":" + each + "}";
}

}  // namespace

TEST_CASE("stats: percentiles are at most a thirty-second above the sorted truth") {
  weir_tool::spread s;
  std::vector<std::int64_t> all;
  std::uint64_t x = 1;
  for (int i = 0; i < 20'000; ++i) {
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;
    all.push_back(static_cast<std::int64_t>((x >> 33U) >> (x % 31U)));
    s.add(all.back());
  }
  std::ranges::sort(all);
  for (const double q : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const std::int64_t truth = all[static_cast<std::size_t>(q * 20'000) - 1];
    CHECK(s.at(q) >= truth);
    CHECK(s.at(q) <= truth + truth / 32);
  }
  CHECK(s.largest() == all.back());
}

TEST_CASE("stats: queued, running, waiting and ready are told apart, by place and by cause") {
  const support::ran r = stats(support::story(), "--json");
  CHECK(r.status == 0);
  const auto has = [&](const std::string& text) { return r.out.find(text) != std::string::npos; };
  const auto row = [&](const std::string& name, std::uint64_t queued, std::uint64_t run, const std::string& waits) {
    const std::size_t at = r.out.find("\"name\":\"" + name + "\",\"place\":\"a.cpp");
    REQUIRE(at != std::string::npos);
    const std::string text = r.out.substr(at, r.out.find("\"ready\"", at) - at);
    CHECK_MESSAGE(text.find("\"queued\":" + all_of(1, queued)) != std::string::npos, text);
    CHECK_MESSAGE(text.find("\"run\":" + all_of(1, run)) != std::string::npos, text);
    CHECK_MESSAGE(text.find("\"waits\":" + waits) != std::string::npos, text);
  };
  row("parent", 100, 127, all_of(1, 172));
  row("child", 20, 90, all_of(1, 51));
  row("job", 10, 10, all_of(0, 0));
  CHECK(has("\"group\":" + all_of(1, 172)));
  CHECK(has("\"io\":" + all_of(1, 51)));
  CHECK(has("\"run_ns\":227,\"look_ns\":173,\"idle_ns\":110"));
}

TEST_CASE("stats: queues, limiters, the reactor and its operations") {
  const support::ran r = stats(support::story(), "--json");
  const auto has = [&](const std::string& text) { return r.out.find(text) != std::string::npos; };
  CHECK(has("\"queues\":1,\"capacity\":4,\"pushed\":3,\"popped\":3,\"dropped\":0,\"full\":0,\"high\":2"));
  CHECK(has("\"limit\":2,\"grants\":2,\"units\":2,\"waited\":0,\"high\":1"));
  CHECK(has("\"ticks\":1,\"continuations\":0,\"harvested\":0,\"cpu_ns\":500,\"lag\":" + all_of(1, 2000)));
  CHECK(has("\"kind\":\"read\",\"failed\":0,\"cancelled\":0,\"in_place\":0,\"took\":" + all_of(1, 40)));
}

TEST_CASE(
    "stats: a wait for a limiter is the limiter's; what failed is counted; what began earlier is no row's start") {
  using enum event;
  const support::ran r =
      stats({tell(1, 1'000, limit, 0x600, 2, 0, 4), tell(1, 1'010, spawn, 0x100, 0, 1, 1), tell(1, 1'011, wake, 0x100),
             tell(1, 1'020, resume, 0x100), tell(1, 1'030, permit_wait, 0x600, 1, 0, 4),
             tell(1, 1'031, suspend, 0x100, 0x600, 3, 1), tell(2, 1'500, resume, 0x200),
             tell(2, 1'540, suspend, 0x200, 0, 1), tell(2, 1'600, permit_take, 0x600, 1 | 1ULL << 32U, 0, 4),
             tell(2, 1'631, wake, 0x100), tell(1, 1'640, resume, 0x100), tell(1, 1'700, end, 0x100, 0, 1)},
            "--json");
  CHECK(r.status == 0);
  const auto has = [&](const std::string& text) { return r.out.find(text) != std::string::npos; };
  CHECK(has("\"waited\":1,\"high\":1,\"waits\":" + all_of(1, 600)));
  CHECK(has("\"started\":1,\"ended\":1,\"failed\":1,\"cancelled\":0,\"alive\":0,\"peak\":1"));
  CHECK(has("\"limiter\":" + all_of(1, 600)));
}

TEST_CASE("stats: for people it says what there is, and nothing of what there is not") {
  const support::ran r = stats(support::story(), "");
  CHECK(r.status == 0);
  CHECK(r.err.empty());
  for (const char* const word : {"by_hand: 46 events of 4 threads", "workers", "tasks and jobs", "parent (a.cpp:10)",
                                 "waits for", "few", "items", "reactor", "lag p50 2 us", "read"})
    CHECK_MESSAGE(r.out.find(word) != std::string::npos, word);
  CHECK(r.out.find("blocking") == std::string::npos);
  const support::ran empty = stats({tell(1, 1'000, event::mark, 0, 1, 0, 1)}, "");
  CHECK(empty.status == 0);
  CHECK(empty.out.find("workers") == std::string::npos);
}
