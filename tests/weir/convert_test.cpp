// weir convert: formats that other programs read.
#include <algorithm>

#include <doctest/doctest.h>

#include "convert/formats.hpp"
#include "convert/timeline.hpp"
#include "merge.hpp"
#include "weir/support/command.hpp"
#include "weir/support/story.hpp"

using support::event;
using support::tell;
using support::told;

namespace {

bool succeeds(const std::string& command) { return std::system((command + " >&2").c_str()) == 0; }

void convert(const std::vector<told>& events, const std::string& path) {
  const support::memory_file f{support::trace_of(events, support::story_sites)};
  const auto trace = weir_tool::open_trace(f.path());
  weir_tool::output_file out{path, f.path()};
  const auto sink = path.ends_with("json") ? make_chrome_sink(trace, out) : make_perfetto_sink(trace, out);
  weir_tool::timeline t{trace, *sink};
  weir_tool::merge all{trace};
  for (weir_tool::moment m; all.next(m);) t.see(m);
  t.finish();
  out.close();
}

/// Each of these, in both formats, nests and has these counts.
void nest(const std::vector<std::vector<told>>& traces, const std::string& counts = {}) {
  const support::scratch_directory dir;
  for (std::size_t i = 0; i < traces.size(); ++i)
    for (const char* const extension : {".json", ".pftrace"})
      convert(traces[i], dir.file(std::to_string(i) + extension));
  CHECK(succeeds("python3 '" WEIR_NESTING "' '" + dir.file("") + "'* " + counts));
}

}  // namespace

TEST_CASE("convert: what threads ran nests; what waits is on tracks of its own; arrows join them") {
  // Slices: T1 and T2 twice each, J. Async: lives of T1, T2, J; ready four times; waits of T1 and T2; J queued; the
  // group; the operation; the worker's stay and its two rests.
  nest({support::story()},
       "slices=5 async=15 arrows=5 ready=4 parent=3 child=3 job=2 read=1 idle=2 queued=1 "
       "'waits: io in child=1' 'waits: group in parent=1' 'a <group>, \"quoted\"=1'");
}

TEST_CASE("convert: slices that cross a lost stretch end there, and none lies around what follows") {
  const std::vector<told> events{tell(1, 100, event::begin, 1, 0, 1), tell(1, 200, event::begin, 2, 0, 1),
                                 tell(1, 300, event::lost, 0, 4),     tell(1, 400, event::begin, 3, 0, 1),
                                 tell(1, 500, event::end, 3, 0, 4),   tell(1, 600, event::end, 2, 0, 4)};
  nest({events}, "slices=3 'a piece of work=3'");
}

TEST_CASE("convert: a recording of any part of a program nests") {
  const std::vector<told> whole = support::story();
  std::vector<std::vector<told>> parts;
  for (std::uint64_t from = 1'000; from < 1'700; from += 23)
    for (std::uint64_t to = from; to < 1'750; to += 97) {
      parts.push_back(whole);
      std::erase_if(parts.back(), [&](const told& t) { return t.what.ticks < from || t.what.ticks > to; });
    }
  nest(parts);
}

TEST_CASE("convert: any event may be missing and the rest still nests") {
  const std::vector<told> whole = support::story();
  std::vector<std::vector<told>> all(whole.size(), whole);
  for (std::size_t i = 0; i < whole.size(); ++i) all[i].erase(all[i].begin() + static_cast<std::ptrdiff_t>(i));
  nest(all);
}

TEST_CASE("convert: the protobuf decodes as such") {
  const support::scratch_directory dir;
  support::write_file(dir.file("t.wtr"), support::trace_of(support::story(), support::story_sites));
  REQUIRE(support::run_weir("convert --to perfetto '" + dir.file("t.wtr") + "'").status == 0);
  CHECK(std::system(("protoc --decode_raw <'" + dir.file("t.pftrace") + "' >'" + dir.file("text") + "'").c_str()) == 0);
  const std::string text = support::read_file(dir.file("text"));
  CHECK(text.find("\"parent\"") != std::string::npos);
  CHECK(std::ranges::count(text, '\n') > 500);
}

TEST_CASE("convert: csv has a line per event, in the order of time, with quotes where they are needed") {
  const support::scratch_directory dir;
  support::write_file(dir.file("t.wtr"), support::trace_of(support::story(), support::story_sites));
  const support::ran r = support::run_weir("convert --to csv -o - '" + dir.file("t.wtr") + "'");
  CHECK(r.status == 0);
  CHECK(static_cast<std::size_t>(std::ranges::count(r.out, '\n')) == support::story().size() + 1);
  CHECK(r.out.starts_with(
      "time_ns,thread,thread_name,type,flags,id,arg,name,place\n1000,4,thread-4,COUNTER,5,0x9000,0,,\n"));
  CHECK(r.out.find("\n1210,2,thread-2,GROUP_BEGIN,0,0x400,256,\"a <group>, \"\"quoted\"\"\",a.cpp:60\n") !=
        std::string::npos);
}

TEST_CASE("convert: a damaged trace is converted as far as it goes, with status 2") {
  const support::scratch_directory dir;
  std::string bytes = support::trace_of(support::story(), support::story_sites);
  bytes.resize(bytes.size() - 40);
  support::write_file(dir.file("t.wtr"), bytes);
  const support::ran r = support::run_weir("convert --to chrome '" + dir.file("t.wtr") + "'");
  CHECK(r.status == 2);
  CHECK(r.err.find("truncated") != std::string::npos);
  CHECK(succeeds("python3 '" WEIR_NESTING "' '" + dir.file("t.json") + "'"));
}

TEST_CASE("convert: what cannot be written is said, the trace itself is never overwritten") {
  const support::scratch_directory dir;
  const std::string trace = dir.file("t.wtr");
  support::write_file(trace, support::trace_of(support::story(), support::story_sites));
  const support::ran full = support::run_weir("convert --to chrome -o /dev/full '" + trace + "'");
  CHECK(full.status == 1);
  CHECK(full.err.find("/dev/full: No space left") != std::string::npos);
  CHECK(support::run_weir("convert --to csv -o /nonexistent/x '" + trace + "'").status == 1);
  const support::ran itself = support::run_weir("convert --to csv -o '" + trace + "' '" + trace + "'");
  CHECK(itself.status == 1);
  CHECK(support::run_weir("check '" + trace + "'").status == 0);
  CHECK(support::run_weir("convert --to svg '" + trace + "'").status == 1);
}
