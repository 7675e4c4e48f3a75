#include <weir/detail/end_count.hpp>

#include "sync/ref_count.hpp"

namespace weir::inline v0::detail {

void end_count::add() noexcept { sync::ref_count::retain(ends_); }

bool end_count::drop() noexcept { return sync::ref_count::drop(ends_); }

}  // namespace weir::inline v0::detail
