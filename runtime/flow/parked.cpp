#include <weir/detail/parked.hpp>

#include <string>

#include <weir/detail/thread_context.hpp>
#include <weir/error.hpp>

#include "sync/one_wake.hpp"

namespace weir::inline v0::detail {

void parked_thread::check_outside(const char* what) {
  if (this_thread_context().role != thread_role::outside)
    throw would_deadlock{std::string{"weir: "} + what + " on one of a runtime's own threads; await it there"};
}

void parked_thread::wake() noexcept { sync::one_wake::wake(word_); }

bool parked_thread::sleep(std::chrono::steady_clock::time_point until) noexcept {
  using std::chrono::nanoseconds;
  using std::chrono::steady_clock;
  const bool limited = until != steady_clock::time_point::max();
  for (;;) {
    std::int64_t left = -1;
    if (limited) {
      left = std::chrono::duration_cast<nanoseconds>(until - steady_clock::now()).count();
      if (left <= 0) return sync::one_wake::is_woken(word_);
    }
    if (sync::one_wake::sleep(word_, left)) return true;
  }
}

}  // namespace weir::inline v0::detail
