// weir/trace.hpp - record what the process' runtimes do, for a timeline viewer.               [floor: trace]
//
// Without a line of code: WEIR_TRACE=trace.json ./program writes a recording of everything from the construction of
// the first runtime to the destruction of the last. This header is for recording a part of a program, and for
// placing marks of one's own in it. The file is Chrome trace event JSON (Perfetto, chrome://tracing, speedscope).
#pragma once

#include <cstdint>
#include <string>

#include <weir/detail/trace.hpp>

namespace weir::inline v0::trace {

/// Records from its construction to stop() or its destruction. One at a time in a process.
///
/// Each thread keeps its newest 32,767 events in 1 MiB of its own; older ones are overwritten and counted in the file
/// (otherData.lost_events). Cost while recording: about 15 ns per event, no lock, no system call. "%p" in the file's
/// name becomes the process id. In the child of a fork nothing is recorded and nothing is written.
class recording {
 public:
  /// Creates or truncates the file and starts.
  /// Errors    std::system_error that names the file; weir::error when a recording (or WEIR_TRACE) is running
  explicit recording(const std::string& file);
  recording(const recording&) = delete;
  recording& operator=(const recording&) = delete;

  /// As stop(), but a failure is one line on stderr.
  ~recording();

  /// Stops and writes the file; nothing the second time.
  /// Errors    std::system_error that names the file
  void stop();

 private:
  bool running_ = true;
};

/// Puts a mark with a name and a value on the calling thread's line of the timeline.
/// Requires  name has static storage duration (a literal); a mark is known by its address, the text is copied once
/// Cost      under 1 ns when nothing is recorded; never blocks, never fails
inline void mark(const char* name, std::uint64_t value = 0) noexcept {
  detail::trace(detail::event::mark, 0, value, name);
}

}  // namespace weir::inline v0::trace
