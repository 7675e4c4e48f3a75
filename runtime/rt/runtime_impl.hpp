// rt/runtime_impl.hpp - the parts of a runtime, put together.                                  [floor: rt]
#pragma once

#include <weir/runtime.hpp>

#include "cpu/engine.hpp"
#include "rt/cpu_executor.hpp"
#include "rt/delayed_set.hpp"

namespace weir::inline v0::detail {

class runtime_impl final {
 public:
  runtime_impl(runtime& facade, const runtime_options& options);

  runtime& facade;
  delayed_set delayed;
  cpu::engine workers;
  cpu_executor cpu;
};

}  // namespace weir::inline v0::detail
