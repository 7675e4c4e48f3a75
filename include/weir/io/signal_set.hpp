// weir/io/signal_set.hpp - SIGINT, SIGTERM and others as something to await.                    [floor: coro]
//
//   weir::signal_set ends{SIGINT, SIGTERM};
//   int which = co_await ends.next();
//
// While a set exists its signals do not have their default effect; when the last set of a signal is gone, what was
// there before is restored. Works whichever thread the system delivers to; no thread needs to block anything.
// A signal that comes several times before next() is reported once. Signals that come before the first next() are kept.
#pragma once

#include <initializer_list>
#include <memory>

#include <weir/io/fd.hpp>

namespace weir::inline v0 {

namespace io {
class signal_listener;
}

class signal_set {
 public:
  /// Errors: std::invalid_argument (no signal, or a number that is none); std::system_error (cannot be handled, more
  /// than 16 sets at once).
  signal_set(std::initializer_list<int> signals);
  signal_set(signal_set&& other) noexcept;
  signal_set& operator=(signal_set&& other) noexcept;
  ~signal_set();

  /// The number of a signal that came, the lowest first. One task at a time. Errors: operation_cancelled.
  [[nodiscard]] task<int> next();

 private:
  fd event_;
  std::unique_ptr<io::signal_listener> listener_;  // before event_ in destruction: nobody writes to a closed number
  std::uint64_t pending_ = 0;
};

}  // namespace weir::inline v0
