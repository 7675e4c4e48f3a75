// convert/sink.hpp - what a converted trace consists of. The formats (chrome.cpp, perfetto.cpp) implement it.
//
// Calls come in time order. On each track slices nest: an end closes the last one that began there. A thread's track
// holds what the thread runs; everything that overlaps (waits, lives, operations) has a track of its own, which it
// gives back at its end, so that there are as many tracks as things at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir_tool {

enum class track_kind : unsigned char { thread, async, counter };

struct argument {
  std::string_view name;
  std::string_view text;  ///< empty: the number
  std::int64_t number = 0;
};

/// A number of a track; they count from 1, whatever the kind.
using track_id = std::uint64_t;

class sink {
 public:
  sink() = default;
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;
  virtual ~sink() = default;

  /// Before anything is on it. tid: of a thread.
  virtual void track(track_id t, track_kind kind, std::string_view name, std::uint32_t tid) = 0;

  /// flow: an arrow ends here; 0: none.
  virtual void begin(track_id t, std::int64_t at, std::string_view name, std::span<const argument> args,
                     std::uint64_t flow) = 0;
  virtual void end(track_id t, std::int64_t at, std::span<const argument> args) = 0;
  virtual void instant(track_id t, std::int64_t at, std::string_view name, std::span<const argument> args) = 0;
  virtual void counter(track_id t, std::int64_t at, std::int64_t value) = 0;

  /// An arrow begins here, in the innermost open slice of the thread, if there is one.
  virtual void flow(track_id t, std::int64_t at, std::string_view name, std::uint64_t flow, bool in_slice) = 0;

  /// After the last call.
  virtual void finish() = 0;
};

}  // namespace weir_tool
