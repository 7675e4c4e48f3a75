#include <weir/detail/baton.hpp>

#include <utility>

namespace weir::inline v0::detail {

void baton::give() noexcept {
  wake_list wakes;
  const hold guard{lock};
  if (line.empty())
    given_ = true;
  else
    wakes.settle(line, line.front(), wait_end::done);
}

bool baton::passes(line_of_tasks& me, wake_list& none) noexcept {
  static_cast<void>(none);
  return std::exchange(static_cast<baton&>(me).given_, false);
}

}  // namespace weir::inline v0::detail
