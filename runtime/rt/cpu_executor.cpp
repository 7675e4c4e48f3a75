#include "rt/cpu_executor.hpp"

#include <weir/error.hpp>
#include <weir/executor.hpp>

#include <new>

namespace weir::inline v0 {

namespace detail {

bool cpu_executor::enter(job& j) noexcept {
  if (!engine_.running() || base::in_forked_child()) return false;
  engine_.resume(j);
  return true;
}

void throw_refused(admission why) {
  switch (why) {
    case admission::closed:
      throw runtime_closed{};
    case admission::would_deadlock:
      throw would_deadlock{"weir: the queue is full and the reactor thread must not wait for room"};
    case admission::no_memory:
      throw std::bad_alloc{};
    default:
      throw queue_full{};
  }
}

void refuse(job& j, admission why) {
  (void)j.act(&j, action::cancel);
  throw_refused(why);
}

std::uint8_t inherited_lane() noexcept {
  const thread_context& here = this_thread_context();
  return here.role == thread_role::worker ? static_cast<const cpu::slot*>(here.engine)->lane : std::uint8_t{1};
}

}  // namespace detail

namespace this_worker {

std::optional<unsigned> index() noexcept {
  const detail::thread_context& here = detail::this_thread_context();
  if (here.role != detail::thread_role::worker) return std::nullopt;
  return here.index;
}

}  // namespace this_worker

}  // namespace weir::inline v0
