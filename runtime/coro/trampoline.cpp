#include <weir/detail/trampoline.hpp>

#include <utility>

namespace weir::inline v0::detail {
namespace {

thread_local constinit std::coroutine_handle<> next_slot{};

[[gnu::noinline]] std::coroutine_handle<> exchange_next(std::coroutine_handle<> h) noexcept {
  return std::exchange(next_slot, h);
}

}  // namespace

[[gnu::noinline]] void resume_next(std::coroutine_handle<> h) noexcept { next_slot = h; }

[[gnu::noinline]] void resume_loop(std::coroutine_handle<> h) noexcept {
  // Nested (a scope that is past its deadline runs its task once): the outer loop's slot is empty or is kept for it.
  const auto outer = exchange_next(nullptr);
  while (h) {
    h.resume();
    h = exchange_next(nullptr);
  }
  if (outer) exchange_next(outer);
}

}  // namespace weir::inline v0::detail
