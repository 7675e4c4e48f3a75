// The reader of streams: whole files, files cut at every byte, files with any bit turned.
#include <doctest/doctest.h>

#include "failure.hpp"
#include "merge.hpp"
#include "trace_file.hpp"
#include "weir/support/story.hpp"

using support::event;
using support::tell;
using weir_tool::failure;
using weir_tool::trace_file;

namespace {

/// All events can be gone through, whatever the file is.
std::uint64_t read_all(const trace_file& trace) {
  weir_tool::merge all{trace};
  std::uint64_t n = 0;
  std::int64_t last = INT64_MIN;
  for (weir_tool::moment m; all.next(m); ++n) {
    CHECK(m.at >= last);
    last = m.at;
  }
  return n;
}

struct outcome {
  bool refused = false;
  std::uint64_t events = 0;
  std::uint64_t damages = 0;
};

outcome open(const std::string& path) {
  try {
    const trace_file trace = weir_tool::open_trace(path);
    CHECK(read_all(trace) == trace.events);
    return {false, trace.events, trace.damage_count};
  } catch (const failure& f) {
    CHECK(f.status == weir_tool::invalid_trace);
    return {true};
  }
}

outcome open_bytes(const std::string& bytes) { return open(support::memory_file{bytes}.path()); }

}  // namespace

TEST_CASE("stream: sites, threads, counts and lost events of two generations are read") {
  support::trace_writer file;
  file.generation({tell(1, 10, event::mark, 0, 1, 0, 1), tell(2, 20, event::lost, 0, 5)}, {"here"});
  file.generation({tell(1, 30, event::mark, 0, 2, 0, 1)}, {"here"}).finish();
  const support::memory_file f{file.bytes};
  const trace_file trace = weir_tool::open_trace(f.path());
  CHECK(trace.damage_count == 0);
  CHECK(trace.generations == 2);
  CHECK(trace.events == 3);
  CHECK(trace.lost == 5);
  CHECK(trace.sites.at(1).name == "here");
  CHECK(trace.sites.at(1).file == "a.cpp");
  CHECK(trace.sites.at(1).line == 10);
  CHECK(trace.threads.at(2).name == "thread-2");
  CHECK(trace.threads.at(2).tid == 102);
}

TEST_CASE("stream: cut at every byte it is read up to the last whole block and said to be truncated") {
  support::trace_writer file;
  file.generation(support::story(), support::story_sites).finish();
  const std::uint64_t all = support::story().size();
  const support::memory_file f{file.bytes};
  std::uint64_t before = all;
  for (std::size_t size = file.bytes.size(); size-- > 0;) {
    f.cut(size);
    const outcome o = open(f.path());
    CHECK(o.refused == (size < 128));
    if (o.refused) continue;
    CHECK(o.damages > 0);
    CHECK(o.events <= before);
    before = o.events;
  }
}

TEST_CASE("stream: no bit can be turned unnoticed") {
  const std::string bytes =
      support::trace_of({tell(1, 10, event::mark, 0, 1, 0, 1), tell(2, 20, event::mark)}, {"here"});
  const support::memory_file f{bytes};
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (unsigned bit = 0; bit < 8; ++bit) {
      const char turned = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ 1U << bit);
      f.put(at, {&turned, 1});
      const outcome o = open(f.path());
      CHECK_MESSAGE((o.refused || o.damages > 0), at, " ", bit);
      f.put(at, {&bytes[at], 1});
    }
}

TEST_CASE("stream: a damaged block is left out and the blocks behind it are read") {
  support::trace_writer file;
  file.generation({tell(1, 10, event::mark), tell(2, 20, event::mark), tell(3, 30, event::mark)}).finish();
  std::string bytes = file.bytes;
  SUBCASE("its payload") { bytes[file.starts[2] + 32] ^= 1; }
  SUBCASE("its header") { bytes[file.starts[2] + 5] ^= 1; }
  const outcome o = open_bytes(bytes);
  CHECK(o.events == 2);
  CHECK(o.damages >= 2);  // the block, and the counts of the generation
}

TEST_CASE("stream: a generation whose begin block is damaged is counted by itself") {
  support::trace_writer file;
  file.generation({tell(1, 10, event::mark), tell(1, 20, event::lost, 0, 3)});
  file.generation({tell(1, 30, event::mark)}).finish();
  std::string bytes = file.bytes;
  bytes[file.starts[4] + 32] ^= 1;  // the second generation's first block
  const support::memory_file f{bytes};
  const trace_file trace = weir_tool::open_trace(f.path());
  CHECK(trace.generations == 2);
  CHECK(trace.events == 3);
  CHECK(trace.damage_count == 1);  // that block; no count differs
}

TEST_CASE("stream: an event of type 0 makes its block a damaged one") {
  const outcome o = open_bytes(support::trace_of({tell(1, 10, event::none), tell(2, 20, event::mark)}));
  CHECK(o.events == 1);
  CHECK(o.damages > 0);
}

TEST_CASE("stream: block kinds and event types of a later minor version are passed over") {
  support::trace_writer file;
  file.generation({tell(1, 10, static_cast<event>(200)), tell(1, 11, event::mark)});
  file.block(static_cast<support::format::block_kind>(77), "a later 77");
  file.bytes.resize(file.starts.back());  // with a payload that is a multiple of 8
  file.block(static_cast<support::format::block_kind>(77), "8 bytes!");
  file.finish();
  const outcome o = open_bytes(file.bytes);
  CHECK(o.damages == 0);
  CHECK(o.events == 2);
}

TEST_CASE("stream: what is not a trace is refused with a reason") {
  CHECK(open_bytes("").refused);
  CHECK(open_bytes("#!/bin/sh\n").refused);
  const auto changed = [](std::size_t at, char to) {
    std::string bytes = support::trace_of({});
    bytes[at] = to;
    const std::uint32_t crc = support::format::crc32(bytes.data(), 124);
    std::memcpy(bytes.data() + 124, &crc, 4);
    return bytes;
  };
  CHECK(open_bytes(changed(8, 2)).refused);         // major
  CHECK(open_bytes(changed(12, 1)).refused);        // endian
  CHECK(open_bytes(changed(16, 3)).refused);        // kind
  CHECK(open_bytes(changed(20, 64)).refused);       // header_bytes
  CHECK(open_bytes(changed(24, 16)).refused);       // event_bytes
  CHECK_FALSE(open_bytes(changed(10, 9)).refused);  // minor
}
