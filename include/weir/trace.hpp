// weir/trace.hpp - record what the process' runtimes do.                                       [floor: trace]
//
// Without a line of code: WEIR_TRACE=run.wtr ./program records everything from the construction of the first runtime to
// the destruction of the last; docs/reference/environment.md has the other ways. This header is for recording a part
// of a program, for a flight recorder that is asked when something has gone wrong, and for marks of one's own.
// The files are read by the `weir` command, or by anybody: docs/reference/trace-format.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>

#include <weir/detail/trace.hpp>

namespace weir::inline v0::trace {

/// What is recorded; they can be joined by |.
enum class category : unsigned {
  metrics = 1,  ///< counters, about every 10 ms
  io = 2,       ///< reactor, timers, limiters, queues
  task = 4,     ///< tasks, jobs, groups, workers
  all = 7,
};
[[nodiscard]] constexpr category operator|(category a, category b) noexcept {
  return static_cast<category>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

struct recording_options {
  category what = category::all;
  std::uint32_t sample = 1;                        ///< one root task or job in so many, with all that descends from it
  std::size_t ring_bytes = std::size_t{1} << 20U;  ///< per thread; from the 17th thread on less
};

/// Records into a .wtr file, from its construction to stop() or its destruction. One at a time in a process.
///
/// A thread of its own writes what the threads have noted, about every 10 ms. Where it does not keep up, the newest
/// events are dropped and counted in the file, exactly; no thread ever waits. If the file cannot be written any more
/// the recording ends there, and stop() says why. Cost while recording: some ten nanoseconds per event (bench:
/// trace/mark), no lock, no system call. "%p" in the file's name becomes the process id. In the child of a fork nothing
/// is recorded or written.
class recording {
 public:
  /// Creates or truncates the file and starts.
  /// Errors    std::system_error that names the file; weir::error when a recording (or WEIR_TRACE) is running;
  ///           std::invalid_argument (sample is 0, ring_bytes below 4096)
  explicit recording(const std::string& file, const recording_options& options = {});
  recording(const recording&) = delete;
  recording& operator=(const recording&) = delete;

  /// As stop(), but a failure is one line on stderr.
  ~recording();

  /// Stops and writes the rest; nothing the second time.
  /// Errors    std::system_error that names the file
  void stop();

 private:
  bool running_ = true;
};

struct flight_options {
  category what = category::all;
  std::uint32_t sample = 1;
  std::size_t ring_bytes = std::size_t{1} << 20U;
  std::string directory;  ///< empty: $XDG_RUNTIME_DIR, else /dev/shm
  /// A reactor that is later than this has what happened before dumped beside the recorder's file, as
  /// weir-PID-START.N.wtr; at most every 10 s, 16 times. Needs category::io.
  std::chrono::nanoseconds dump_when_lag_exceeds = std::chrono::nanoseconds::max();
};

/// Keeps the newest events of each thread (32,767 in the default 1 MiB) in a mapped file that survives a crash or a
/// SIGKILL; an orderly end removes it. Of files of dead processes the newest four are kept. One recording at a time.
class flight_recorder {
 public:
  /// Errors    as recording's
  explicit flight_recorder(const flight_options& options = {});
  flight_recorder(const flight_recorder&) = delete;
  flight_recorder& operator=(const flight_recorder&) = delete;
  ~flight_recorder();

  /// Where it records to.
  [[nodiscard]] std::string file() const;
};

/// Writes what the flight recorder (this one's, or WEIR_TRACE=flight's) holds now to a .wtr file; it goes on meanwhile.
/// Blocks    the calling thread, for the time of the writing: not on a reactor
/// Errors    weir::error when none is running; std::system_error that names the file
void snapshot(const std::string& file);

/// Puts a mark with a name and a value on the calling thread's line, in the task or job that runs there.
/// Requires  name has static storage duration (a literal); a mark is known by its address and place, its text is copied
///           once
/// Cost      under 1 ns when nothing is recorded; never blocks, never fails
inline void mark(const char* name, std::uint64_t value = 0,
                 const std::source_location& where = std::source_location::current()) noexcept {
  if (detail::traced(detail::event::mark)) [[unlikely]]
    detail::trace_record(detail::event::mark, 0, 0, value, {name, where.file_name(), where.line()});
}

}  // namespace weir::inline v0::trace
