#include "desk.hpp"

namespace account_sync {

desk::desk(weir::runtime_handle clock, const world& w)
    : world_{w},
      refused_{w.refused()},
      gate_{clock, w.capacity(), w.burst(), {.mode = weir::rate_mode::enforce, .name = "partner"}} {}

weir::task<answer> desk::decide(account a) {
  answer said{a.id < refused_.size() && !refused_[a.id] ? verdict::synced : verdict::refused};
  try {
    co_await gate_.acquire();
  } catch (const weir::rate_exceeded& e) {
    said = {verdict::too_many, e.retry_after()};
  }
  co_await weir::sleep_for(world_.latency_of(a));
  co_return said;
}

}  // namespace account_sync
