// trace/recorder.hpp - one recording at a time: who records, and when it ends.                [floor: trace]
//
// A recording belongs to whoever started it: an object of weir::trace, or the process' runtimes when WEIR_TRACE is set
// (from the first runtime's construction to the last one's destruction, or to the exit of the process). A second
// recording of WEIR_TRACE into a file gets ".2" appended to its name, and so on.
// The child of a fork never records, and never writes or removes a file of its parent's.
#pragma once

#include <cstdint>
#include <string>

#include "trace/settings.hpp"

namespace weir::inline v0::tracing {

/// Starts. Errors: std::system_error that names the file; weir::error when a recording is running.
void start(const settings& s);

/// Stops and writes. Nothing when no recording is running, or in a child of fork.
/// Errors    std::system_error that names the file; recording has stopped all the same
void stop();

/// What a flight recorder holds now. Errors: weir::error when none is running; std::system_error that names the file.
void snapshot(const std::string& path);

/// Of the running recording; empty: none, or it has no file.
[[nodiscard]] std::string file();

/// True while something is recorded: false also after a failure.
[[nodiscard]] bool active() noexcept;

/// A runtime is being constructed: the first one starts what WEIR_TRACE asks for. What cannot be started costs one line
/// on stderr, not the program.
void runtime_started() noexcept;

/// A runtime has been destroyed, its threads are gone: the last one stops. Failures as above.
void runtime_ended() noexcept;

/// Both, as a member of a runtime: declared before everything that owns a thread, so that it ends after them.
class runtime_scope {
 public:
  runtime_scope() noexcept { runtime_started(); }
  runtime_scope(const runtime_scope&) = delete;
  runtime_scope& operator=(const runtime_scope&) = delete;
  ~runtime_scope() { runtime_ended(); }
};

}  // namespace weir::inline v0::tracing
