#include <weir/this_task.hpp>

#include <weir/error.hpp>

namespace weir::inline v0::detail {

void checkpoint_awaiter::throw_if_stopped(const promise_base& task) {
  if (task.env.stop != nullptr && task.env.stop->stop_requested()) throw operation_cancelled{};
}

}  // namespace weir::inline v0::detail
