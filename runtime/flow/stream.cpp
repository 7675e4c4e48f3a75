#include <chrono>
#include <stdexcept>

#include <weir/stream/batch.hpp>
#include <weir/stream/map_async.hpp>

namespace weir::inline v0::detail {

bool pace::due(time_point now) noexcept {
  if (polls_++ == 0) {
    since_ = now;
    return false;
  }
  if (polls_ <= 256 && now - since_ < std::chrono::milliseconds{1}) return false;
  polls_ = 0;
  return true;
}

task<> breathe(pace& of) {
  const time_point now = co_await current_time();
  if (of.due(now))
    co_await checkpoint();
  else if (co_await stop_requested())
    throw operation_cancelled{};
}

std::size_t checked_window(par at_once, const window& calls) {
  if (calls.size() < at_once.count())
    throw std::invalid_argument{"weir: the window of a stage must be at least the number of its calls at once"};
  return calls.size();
}

batch_limits checked(const batch_limits& limits) {
  if (limits.items == 0) throw std::invalid_argument{"weir::batch: items must be at least 1"};
  if (limits.bytes == 0) throw std::invalid_argument{"weir::batch: bytes must be at least 1"};
  return limits;
}

timed_batch_op::timed_batch_op(const batch_limits& limits, std::chrono::nanoseconds longest)
    : limits_{checked(limits)}, longest_{longest} {
  if (longest <= longest.zero()) throw std::invalid_argument{"weir::batch: the time must be positive"};
}

}  // namespace weir::inline v0::detail
