#include <weir/detail/lanes.hpp>

namespace weir::inline v0::detail {

task<> run_lanes(par at_once, const char* name, task<> (*first)(task_group&, void*), void* all) {
  co_await with_group({.limit = at_once, .name = name}, first, all);
}

bool turn_of_lanes::passes(line_of_tasks& me, wake_list& none) noexcept {
  static_cast<void>(none);
  auto& turn = static_cast<turn_of_lanes&>(me);
  if (turn.taken_ && !turn.ended_) return false;
  turn.taken_ = true;
  return true;
}

void turn_of_lanes::on_my_way() noexcept {
  const hold guard{lock};
  coming_ = false;
}

bool turn_of_lanes::leave() noexcept {
  wake_list wakes;
  const hold guard{lock};
  taken_ = false;
  if (coming_) return false;
  if (line.empty()) {
    if (lanes_ == most_) return false;
    ++lanes_;
    return coming_ = true;
  }
  coming_ = true;
  wakes.settle(line, line.front(), wait_end::done);
  return false;
}

void turn_of_lanes::end() noexcept {
  wake_list wakes;
  const hold guard{lock};
  ended_ = true;
  wakes.settle_all(line, wait_end::done);
}

}  // namespace weir::inline v0::detail
