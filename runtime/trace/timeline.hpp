// trace/timeline.hpp - events made into what a viewer shows: slices, spans, instants, counters. [floor: trace]
//
// Threads show nested slices only (a job running, a worker parked, a call blocking). What overlaps (waits, I/O, time
// in a queue) becomes asynchronous spans with an identity of their own.
//   begin, resume -> slice opens      suspend, end -> closes      park, blocking_begin -> opens ... closes
//   spawn ... begin: span "queued"    suspend ... resume: span "wait"    io_submit ... io_complete: span "io"
//   tick, depth -> counters           everything else -> instants
// Promises   entries are sorted by time; within a thread opens and closes match like brackets; a span's end is never
//            before its begin. A slice or span that was under way at the end of the recording is closed there and
//            marked unfinished; one whose start was overwritten is left out, never invented.
// Clocks of two processors may differ a little, so that an end seems to precede its begin. Within skew_ns such a
// pair becomes a span of no length, and is counted as reordered.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "trace/capture.hpp"

namespace weir::inline v0::tracing {

enum class phase : std::uint8_t { slice_begin, slice_end, span_begin, span_end, instant, counter };

struct entry {
  std::uint64_t ns = 0;  ///< since the recording began
  phase what = phase::instant;
  int tid = 0;
  std::string_view category;
  std::string_view name;
  std::uint64_t id = 0;
  std::uint64_t arg = 0;
  bool unfinished = false;
};

struct timeline {
  std::vector<entry> entries;
  std::uint64_t reordered = 0;
};

inline constexpr std::uint64_t skew_ns = 20'000;

/// Errors: std::bad_alloc. The views point into the capture's name table.
[[nodiscard]] timeline make_timeline(const capture& from);

}  // namespace weir::inline v0::tracing
