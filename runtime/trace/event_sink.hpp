// trace/event_sink.hpp - what a recording's events go to: a file, or a summary.               [floor: trace]
#pragma once

#include <cstdint>
#include <span>

#include "trace/format.hpp"

namespace weir::inline v0::tracing {

/// Called by one thread. Errors of all: std::system_error, std::bad_alloc.
class event_sink {
 public:
  event_sink() noexcept = default;
  event_sink(const event_sink&) = delete;
  event_sink& operator=(const event_sink&) = delete;
  virtual ~event_sink() = default;

  /// Events of one thread, in order; later calls for the same thread go on after them. None: only to say
  /// the thread's name.
  virtual void take(const thread_entry& from, std::span<const event_record> events) = 0;
  /// A round through all threads has ended; `homeless` counts from the beginning of the recording.
  virtual void round_ended(std::uint64_t homeless) = 0;
  /// There are no more.
  virtual void finish(std::uint64_t homeless) = 0;
};

}  // namespace weir::inline v0::tracing
