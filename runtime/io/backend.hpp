// io/backend.hpp - what the reactor needs from the system to learn that descriptors are ready.  [floor: io]
//
// Contract, tested by tests/io/backend_test.cpp against every implementation and the fake:
//   B1  after watch() returned 0, a descriptor that is ready or becomes ready is reported by a later wait()
//   B2  an `edge` watch reports every later change to ready again, until unwatch() or until the descriptor is closed
//   B3  a `once` watch reports at most once, then is silent until the next watch()
//   B4  an event carries the tag of the watch() that was in force; the caller drops tags it no longer knows
//   B5  wake() from any thread makes a wait() that is running, or else the next one, return
//   B6  wait() may return with no event at all; it never returns before its timeout for a reason that is not one of
//   these
// Threads: wake() any; everything else the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace weir::inline v0::io {

struct ready_event {
  int fd;
  std::uint32_t tag;
  bool in;   ///< readable, or in an error state that a read would return
  bool out;  ///< writable, likewise
};

/// edge: both directions, for the life of the descriptor. once_*: the next readiness in the given directions.
enum class watch_mode : std::uint8_t { edge, once_in, once_out, once_both };

class backend {
 public:
  backend() = default;
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;
  virtual ~backend() = default;

  /// Starts or renews a watch. 0 or a negated errno; -EPERM: always ready, cannot be watched (a regular file).
  [[nodiscard]] virtual int watch(int fd, std::uint32_t tag, watch_mode mode) noexcept = 0;

  /// Ends a watch; nothing happens when there is none.
  virtual void unwatch(int fd) noexcept = 0;

  /// Events found now or within the timeout (negative: no limit), or a negated errno. -EINTR is returned as 0.
  [[nodiscard]] virtual int wait(std::span<ready_event> events, std::int64_t timeout_ns, bool& woken) noexcept = 0;

  virtual void wake() noexcept = 0;

  [[nodiscard]] virtual const char* name() const noexcept = 0;
};

}  // namespace weir::inline v0::io
