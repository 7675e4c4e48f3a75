// weir/detail/atomic.hpp - the atomics of public headers that a model explores.               [floor: job]
//
// std::atomic; under WEIR_MODEL, which only the project's own models define, the explorer's (runtime/sync/atomic.hpp is
// the same seam for private code).
#pragma once

#if defined(WEIR_MODEL)
#include "explorer/atomic.hpp"

namespace weir::inline v0::detail {
using sync::atomic;
}
#else
#include <atomic>

namespace weir::inline v0::detail {
using std::atomic;
}
#endif
