// The stack of nested forks: at most 96 bytes per level above the same recursion without them.
#include <weir/fork_join.hpp>
#include <weir/runtime.hpp>

#include <cstdint>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "support/stress.hpp"

using namespace weir_test;

namespace {

std::uintptr_t lowest = 0;

[[gnu::noinline]] void leaf() {
  const char here = 0;
  lowest = reinterpret_cast<std::uintptr_t>(&here);
  asm volatile("" : : "m"(here));
}

// The two recursions below do the same; asm keeps the calls from becoming jumps.
[[gnu::noinline]] long plain_down(int depth) {
  if (depth == 0) return leaf(), 0;
  const long below = plain_down(depth - 1);
  asm volatile("");
  return below + 1;
}

[[gnu::noinline]] long down_first(int depth) {
  if (depth == 0) return leaf(), 0;
  const auto [below, one] = weir::fork_join([depth] { return down_first(depth - 1); }, [] { return 1; });
  return below + one;
}

[[gnu::noinline]] long down_last(int depth) {
  if (depth == 0) return leaf(), 0;
  const auto [one, below] = weir::fork_join([] { return 1; }, [depth] { return down_last(depth - 1); });
  return below + one;
}

/// Bytes per level, from two depths.
template <class Down>
double bytes_per_level(Down down, int shallow, int deep) {
  const char here = 0;
  const auto top = reinterpret_cast<std::uintptr_t>(&here);
  CHECK(down(shallow) == shallow);
  const std::uintptr_t near = top - lowest;
  CHECK(down(deep) == deep);
  return static_cast<double>(top - lowest - near) / (deep - shallow);
}

}  // namespace

TEST_CASE("fork: a nested fork takes at most 96 bytes of stack above the plain recursion") {
#if defined(__OPTIMIZE__)
  constexpr bool measurable = !stress::sanitized;
#else
  constexpr bool measurable = false;
#endif
  balanced_runtime rt{1};  // one worker: nothing is stolen, the whole depth is on one stack
  const auto on_worker = [&](auto down, int deep) {
    return rt.cpu().submit([=] { return bytes_per_level(down, 100, deep); }).get();
  };
  const double plain = on_worker(&plain_down, 1000);
  for (const int deep : {1000, 5000}) {  // within the deque, and beyond it
    const double first = on_worker(&down_first, deep), last = on_worker(&down_last, deep);
    MESSAGE("bytes per level: plain ", plain, ", forked as first function ", first, ", as last ", last);
    if (!measurable) continue;
    CHECK(first <= plain + 96);
    CHECK(last <= plain + 96);
  }
}
