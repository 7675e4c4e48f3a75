#include <weir/detail/trampoline.hpp>

#include <chrono>
#include <utility>

#include <weir/detail/scheduler.hpp>
#include <weir/detail/thread_context.hpp>

namespace weir::inline v0::detail {
namespace {

constexpr std::uintptr_t most_nested_bytes = std::uintptr_t{24} * 1024;

struct loop_state {
  std::coroutine_handle<> next;
  std::uintptr_t stack_limit = 0;
  std::uint32_t ready_awaits = 0;
  time_point since = time_point::min();  // of the first look at the clock
};

constexpr std::uint32_t awaits_per_look = 128, most_awaits = 8192;
constexpr std::chrono::milliseconds longest_turn{1};

thread_local constinit loop_state loop{};

[[gnu::noinline]] std::coroutine_handle<> exchange_next(std::coroutine_handle<> h) noexcept {
  return std::exchange(loop.next, h);
}

[[gnu::noinline]] loop_state exchange_loop(const loop_state& l) noexcept { return std::exchange(loop, l); }

loop_state here(const void* frame) noexcept {
  return {.next = nullptr, .stack_limit = reinterpret_cast<std::uintptr_t>(frame) - most_nested_bytes};
}

bool is_late(loop_state& l) noexcept {
  const scheduler* const clock = this_thread_context().sched;
  if (clock == nullptr) return false;
  const time_point now = clock->now();
  if (l.since == time_point::min()) l.since = now;
  return now - l.since >= longest_turn || l.ready_awaits >= most_awaits;
}

}  // namespace

[[gnu::noinline]] bool turn_is_over() noexcept {
  loop_state& here = loop;
  if (++here.ready_awaits % awaits_per_look != 0 || !is_late(here)) return false;
  here.ready_awaits = 0;
  here.since = time_point::min();
  return true;
}

[[gnu::noinline]] void resume_next(std::coroutine_handle<> h) noexcept { loop.next = h; }

[[gnu::noinline]] std::uintptr_t loop_stack_limit() noexcept { return loop.stack_limit; }

[[gnu::noinline]] void resume_loop(std::coroutine_handle<> h) noexcept {
  // Nested (a scope that is past its deadline runs its task once): the outer loop's slot is empty or is kept for it.
  const loop_state outer = exchange_loop(here(__builtin_frame_address(0)));
  while (h) {
    h.resume();
    h = exchange_next(nullptr);
  }
  (void)exchange_loop(outer);
}

[[gnu::noinline]] void run_loop(void (*first)(void*) noexcept, void* what) noexcept {
  const loop_state outer = exchange_loop(here(__builtin_frame_address(0)));
  first(what);
  while (const auto h = exchange_next(nullptr)) h.resume();
  (void)exchange_loop(outer);
}

}  // namespace weir::inline v0::detail
