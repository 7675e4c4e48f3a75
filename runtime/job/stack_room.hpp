// job/stack_room.hpp - may this thread nest one more job on its stack?                        [floor: job]
#pragma once

namespace weir::inline v0::detail {

/// False when less than a quarter of the calling thread's stack (at least 64 KiB of it) is left. True where the stack
/// is unknown. Cost: a thread-local load; a thread's first call asks the system.
[[nodiscard]] bool stack_room_left() noexcept;

}  // namespace weir::inline v0::detail
