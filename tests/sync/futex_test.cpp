#include <atomic>
#include <cstdint>
#include <thread>

#include <doctest/doctest.h>

#include "sync/atomic.hpp"

TEST_CASE("futex: a word that has changed is not waited for, one that has not ends at the limit") {
  weir::sync::atomic<std::uint32_t> word{1};
  CHECK(weir::sync::futex_wait(word, 0));
  CHECK(weir::sync::futex_wait(word, 0, 0));
  CHECK_FALSE(weir::sync::futex_wait(word, 1, 0));
  CHECK_FALSE(weir::sync::futex_wait(word, 1, 1'000'000));
}

TEST_CASE("futex: whoever sleeps on a word is woken when it changes, one or all") {
  weir::sync::atomic<std::uint32_t> word{0};
  std::atomic<int> awake{0};
  const auto sleeper = [&] {
    while (word.load(weir::sync::memory_order_acquire) == 0) (void)weir::sync::futex_wait(word, 0);
    ++awake;
  };
  std::thread a{sleeper}, b{sleeper}, c{sleeper};
  word.store(1, weir::sync::memory_order_release);
  weir::sync::futex_wake(word, 1);
  weir::sync::futex_wake(word, 2);
  a.join(), b.join(), c.join();
  CHECK(awake == 3);
}

TEST_CASE("futex: waking a word that nobody sleeps on, or that is gone, does nothing") {
  auto* const word = new weir::sync::atomic<std::uint32_t>{0};
  weir::sync::futex_wake(*word, 1);
  delete word;
}
