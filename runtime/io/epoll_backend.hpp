// io/epoll_backend.hpp - readiness by epoll.                                                    [floor: io]
//
// Owned descriptors are registered once, edge-triggered for both directions, and stay so until the kernel drops them at
// close: one epoll_ctl per life instead of one per wait (level or one-shot: 5 to 10 % of an echo). Descriptors of other
// owners are armed one-shot at each wait, because they can be closed and reused unseen, and because nobody should be
// woken for data that another library reads. The eventfd is edge-triggered too, so a wake-up needs no read.
#pragma once

#include "io/backend.hpp"
#include "io/syscalls.hpp"

namespace weir::inline v0::io {

/// Throws std::system_error when epoll or the eventfd cannot be had; nothing is leaked then.
[[nodiscard]] std::unique_ptr<backend> make_epoll_backend(syscalls& sys);

}  // namespace weir::inline v0::io
