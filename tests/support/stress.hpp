// support/stress.hpp - forces races: many short rounds, all sides let go at the same moment.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <thread>
#include <tuple>
#include <utility>

namespace weir_test::stress {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

/// n times WEIR_STRESS (environment, default 1), or a tenth of it where a round costs ten times as much.
inline int rounds(int n) noexcept {
  static const char* const text = std::getenv("WEIR_STRESS");
  static const int factor = text != nullptr && std::atoi(text) > 0 ? std::atoi(text) : 1;
  return (sanitized ? n / 10 : n) * factor;
}

/// Runs every side on a thread of its own, `n` rounds, all sides of a round starting together: sides get the number of
/// the round. `before` and `after` run alone, on the calling thread, around each round.
template <class Before, class After, class... Side>
void race(int n, Before&& before, After&& after, Side&&... side) {
  std::atomic<int> round{-1};
  std::atomic<std::size_t> ended{sizeof...(Side)};
  auto loop = [&](auto& body) {
    for (int i = 0; i < n; ++i) {
      for (int spins = 0; round.load(std::memory_order_acquire) < i;) {
        if (++spins > 200) std::this_thread::yield();  // fewer cores than sides
      }
      std::invoke(body, i);
      ended.fetch_add(1, std::memory_order_acq_rel);
    }
  };
  std::array<std::thread, sizeof...(Side)> threads{std::thread{[&] { loop(side); }}...};
  for (int i = 0; i < n; ++i) {
    before(i);
    ended.store(0, std::memory_order_relaxed);
    round.store(i, std::memory_order_release);
    while (ended.load(std::memory_order_acquire) < sizeof...(Side)) std::this_thread::yield();
    after(i);
  }
  for (auto& t : threads) t.join();
}

}  // namespace weir_test::stress
