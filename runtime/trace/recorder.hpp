// trace/recorder.hpp - one recording at a time: who records, where it goes.                   [floor: trace]
//
//   start -> detail::trace() writes into rings -> stop: rings -> capture -> Chrome JSON in the file
//
// A recording belongs to whoever started it: trace::recording, or the process' runtimes when WEIR_TRACE=file is set
// (from the first runtime's construction to the last one's destruction, or to the exit of the process). "%p" in the
// file's name becomes the process id; a second recording of WEIR_TRACE in one process gets ".2" appended, and so on.
// The child of a fork never records and never writes its parent's file.
// Rings are made by a thread's first event while recording, adopted by later threads and kept: 1 MiB of address space
// for every thread that ever recorded at the same time, resident only as far as it was used.
#pragma once

#include <cstdint>
#include <string>

namespace weir::inline v0::tracing {

/// Opens the file and starts to record.
/// Errors    std::system_error that names the file; weir::error when a recording is running
void start(const std::string& path);

/// Stops and writes. Nothing when no recording is running, or in a child of fork.
/// Errors    std::system_error that names the file; recording has stopped all the same
void stop();

[[nodiscard]] bool active() noexcept;

/// A runtime is being constructed: the first one starts what WEIR_TRACE asks for. A file that cannot be opened costs
/// one line on stderr, not the program.
void runtime_started() noexcept;

/// A runtime has been destroyed, its threads are gone: the last one writes. Failures as above.
void runtime_ended() noexcept;

/// Both, as a member of a runtime: declared before everything that owns a thread, so that it ends after them.
class runtime_scope {
 public:
  runtime_scope() noexcept { runtime_started(); }
  runtime_scope(const runtime_scope&) = delete;
  runtime_scope& operator=(const runtime_scope&) = delete;
  ~runtime_scope() { runtime_ended(); }
};

struct recorder_snapshot {
  std::uint64_t rings;  ///< ever made
  std::uint64_t lost;   ///< events without a ring (no memory, or during thread exit), since start()
};
[[nodiscard]] recorder_snapshot recorder_stats() noexcept;

}  // namespace weir::inline v0::tracing
