#include <weir/detail/lanes.hpp>

#include <algorithm>
#include <limits>

namespace weir::inline v0::detail {

// turn_of_lanes is the bound.
task<> run_lanes(const char* name, task<> (*first)(task_group&, void*), void* all) {
  co_await with_group({.limit = par{std::numeric_limits<std::size_t>::max()}, .name = name}, first, all);
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
  ++passed_;
  peak_ = std::max(peak_, running());
  if (coming_) return false;
  if (line.empty()) {
    if (lanes_ >= most_) return false;
    ++lanes_;
    return coming_ = true;
  }
  coming_ = true;
  wakes.settle(line, line.front(), wait_end::done);
  return false;
}

// Whoever it was to take over from goes on without it.
bool turn_of_lanes::retire() noexcept {
  wake_list wakes;
  const hold guard{lock};
  if (lanes_ <= most_) return false;
  --lanes_;
  surplus_.store(lanes_ > most_, std::memory_order_relaxed);
  if (!taken_ && !coming_ && !line.empty()) {
    coming_ = true;
    wakes.settle(line, line.front(), wait_end::done);
  }
  return true;
}

void turn_of_lanes::set_most(std::size_t n) noexcept {
  const hold guard{lock};
  most_ = n;
  surplus_.store(lanes_ > most_, std::memory_order_relaxed);
}

std::size_t turn_of_lanes::most() const noexcept {
  const hold guard{lock};
  return most_;
}

std::size_t turn_of_lanes::running() const noexcept {
  const std::size_t idle = line.size() + (taken_ ? 1 : 0) + (coming_ ? 1 : 0);
  return lanes_ > idle ? lanes_ - idle : 0;
}

turn_of_lanes::counts turn_of_lanes::read() const noexcept {
  const hold guard{lock};
  return {most_, std::min<std::uint64_t>(running(), passed_), peak_, passed_};
}

void turn_of_lanes::end() noexcept {
  wake_list wakes;
  const hold guard{lock};
  ended_ = true;
  wakes.settle_all(line, wait_end::done);
}

}  // namespace weir::inline v0::detail
