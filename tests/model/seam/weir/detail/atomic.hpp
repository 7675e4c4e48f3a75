// The explorer's side of include/weir/detail/atomic.hpp, found before it in a build of the models.
#pragma once

#include "explorer/atomic.hpp"

namespace weir::inline v0::detail {
using sync::atomic;
}
