// io/signals.hpp - signals as readiness: one process-wide table, one eventfd per listener.      [floor: io]
//
//   kernel --handler on any thread--> for each slot that wants it: pending |= bit, write(eventfd) --> reactor
//
// A handler, not a signalfd: a signalfd needs the signal blocked in every thread, and threads of TBB and of the user's
// libraries are not ours to block it in.
// Handler     async-signal-safe: lock-free atomics and write(2) only; errno is kept.
// Install     the first listener of a signal installs the handler and keeps the previous action; the last one restores
//             it. Install and remove are under one mutex.
// Removal     The slot is vacated, then the remover waits until no handler is running anywhere: only then the eventfd
//             may be closed. V1 slot.fd.exchange(-1), V2 running.load == 0 | H1 running.fetch_add, H2 slot.fd.load All
//             seq_cst: if H2 reads the old descriptor, H1 precedes V2 in their one order, and V2 waits.
// Limits      16 listeners at a time; signals 1 to 63.
#pragma once

#include <cstdint>

namespace weir::inline v0::io {

class signal_listener {
 public:
  /// mask: bit n for signal n. eventfd: non-blocking, stays open until after our destructor.
  /// Throws std::system_error when a signal cannot be handled (SIGKILL) or there are too many listeners.
  signal_listener(std::uint64_t mask, int eventfd);
  ~signal_listener();
  signal_listener(const signal_listener&) = delete;
  signal_listener& operator=(const signal_listener&) = delete;

  /// The signals that came since the last call, as a mask. A signal that came twice is seen once.
  [[nodiscard]] std::uint64_t take() noexcept;

 private:
  std::uint64_t mask_;
  int slot_;
};

}  // namespace weir::inline v0::io
