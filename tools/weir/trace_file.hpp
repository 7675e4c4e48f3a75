// trace_file.hpp - what a .wtr file holds, and where: its index. The events themselves stay in the file.
//
//   open_trace   one pass over the file: checks every length and checksum, notes where each thread's events lie
//   cursor       (lane.hpp) reads the events of one lane again, a few hundred at a time
//
// Memory: 24 bytes per block, the site table and the thread table; not the events. What is damaged is left out and
// listed; a file that cannot be read at all is a failure{invalid_trace}.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "input.hpp"
#include "trace/format.hpp"

namespace weir_tool {

namespace format = weir::tracing;

/// Events that lie side by side in the file.
struct extent {
  std::uint64_t offset = 0;
  std::uint64_t first = 0;  ///< in a ring: the number of the first one
  std::uint32_t events = 0;
  std::uint32_t thread = 0;
};

/// Events in the order in which they happened: those of a thread, or of a ring, which has one thread after another.
struct lane {
  std::vector<extent> extents;
  std::uint64_t ring = 0;      ///< offset of the ring; 0: a stream's thread
  std::uint64_t capacity = 0;  ///< of the ring
};

struct site {
  std::string name;
  std::string file;
  std::uint32_t line = 0;
  format::site_kind kind = format::site_kind::other;
};

struct thread_name {
  std::uint32_t tid = 0;
  std::string name;
};

struct damage {
  std::uint64_t offset = 0;
  std::string what;
};

struct trace_file {
  explicit trace_file(const std::string& path) : in{path} {}

  input in;
  format::file_header header;
  std::vector<format::sync_point> syncs;
  std::unordered_map<std::uint32_t, site> sites;
  std::unordered_map<std::uint32_t, thread_name> threads;
  std::vector<lane> lanes;
  std::uint64_t generations = 0;
  std::uint64_t events = 0;       ///< that can be read
  std::uint64_t overwritten = 0;  ///< in rings: more was written than they hold
  std::uint64_t lost = 0;         ///< dropped by their threads: the sum of the LOST events
  std::uint64_t homeless = 0;     ///< had no place to go
  std::vector<damage> damages;    ///< the first hundred
  std::uint64_t damage_count = 0;

  void damaged(std::uint64_t offset, std::string what);
};

struct read_options {
  bool check_crc = true;  ///< false: for the fuzzer, which cannot guess checksums
};

trace_file open_trace(const std::string& path, read_options options = {});

/// The two kinds of file, after the header.
void index_stream(trace_file& trace, read_options options);
void index_rings(trace_file& trace);

/// Zero-padded text of a fixed field.
std::string text_of(const char* data, std::size_t bytes);

}  // namespace weir_tool
