// weir/error.hpp - the exceptions weir itself throws.                                        [floor: base]
//
// Failed user work is delivered as the exception the work threw. Failed system calls are std::system_error with the
// operation and the peer in the message. Bad arguments are std::invalid_argument naming the argument. What remains,
// the states only a scheduler can be in, is here: one type each, one root to catch them all.
#pragma once

#include <stdexcept>
#include <string>

namespace weir::inline v0 {

namespace detail {
/// "weir: the runtime is closed", or in the child of a fork what that means.
[[nodiscard]] const char* why_closed() noexcept;
}  // namespace detail

/// Root of every exception below.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The runtime no longer accepts work: it is shutting down, or this is the child of a fork.
class runtime_closed : public error {
 public:
  explicit runtime_closed(const std::string& what = detail::why_closed()) : error{what} {}
};

/// The bounded queue has no room and the admission policy (or the calling thread) forbids waiting.
class queue_full : public error {
 public:
  explicit queue_full(const std::string& what = "weir: the queue is full") : error{what} {}
};

/// Waiting here could never end, or would stop the thread that everybody waits for.
class would_deadlock : public error {
 public:
  explicit would_deadlock(const std::string& what) : error{what} {}
};

/// The work was asked to stop and did.
class operation_cancelled : public error {
 public:
  explicit operation_cancelled(const std::string& what = "weir: operation cancelled") : error{what} {}
};

/// The work did not finish within its time and was cancelled for that.
class operation_timed_out : public error {
 public:
  explicit operation_timed_out(const std::string& what = "weir: operation timed out") : error{what} {}
};

/// The side that owed a result went away without giving one.
class broken_promise : public error {
 public:
  explicit broken_promise(const std::string& what = "weir: broken promise") : error{what} {}
};

}  // namespace weir::inline v0
