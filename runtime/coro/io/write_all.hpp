// coro/io/write_all.hpp - the loop over short writes.                                           [floor: coro]
#pragma once

#include <weir/detail/fd_awaiter.hpp>
#include <weir/task.hpp>

#include <span>

namespace weir::inline v0::detail {

/// Keeps the descriptor for its own time: the object it came from may be moved or closed meanwhile.
task<void> write_all(operation::kind how, const char* what, descriptor_ref on, std::span<const std::byte> bytes);

}  // namespace weir::inline v0::detail
