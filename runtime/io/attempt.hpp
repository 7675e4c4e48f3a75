// io/attempt.hpp - one try of what an operation asks for, without waiting.                      [floor: io]
//
// The one place that knows what each errno of each call means: retried here (EINTR, a connection that died in the
// accept queue), "not yet" (wait until the descriptor is ready), "not now" (the system has run out of something that
// no readiness event will announce: look again after a while), or the operation's result.
#pragma once

#include <weir/detail/operation.hpp>

#include "io/syscalls.hpp"

namespace weir::inline v0::io {

struct attempt_result {
  enum class verdict : std::uint8_t { done, wait, back_off };
  verdict how;
  std::int64_t value = 0;  ///< done: the result; back_off: why, negated
};

/// Sleeps and polls always wait. Any thread; the descriptor must be non-blocking.
[[nodiscard]] attempt_result attempt(detail::operation& op, syscalls& sys) noexcept;

}  // namespace weir::inline v0::io
