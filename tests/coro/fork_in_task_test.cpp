// Forks inside a coroutine that changes threads: the thread's seat is never remembered across a suspension.
#include <weir/detail/fork.hpp>
#include <weir/fork_join.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/task.hpp>
#include <weir/this_task.hpp>

#include <thread>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"

using namespace weir_test;

namespace {

[[gnu::noinline]] weir::detail::fork_seat* seat_of_this_thread() {
  asm volatile("");
  return weir::detail::this_fork_seat;
}

long forked_fib(int n) {
  if (n < 2) return n;
  const auto [a, b] = weir::fork_join([n] { return forked_fib(n - 1); }, [n] { return forked_fib(n - 2); });
  return a + b;
}

struct seen {
  int wrong_seat = 0, wrong_sum = 0, strayed = 0;
};

weir::task<seen> wander(int rounds) {
  seen bad;
  for (int i = 0; i < rounds; ++i) {
    co_await weir::resume_on(weir::home::cpu);
    bad.wrong_seat += weir::detail::this_fork_seat != seat_of_this_thread() || seat_of_this_thread() == nullptr ? 1 : 0;
    const auto [a, b] = weir::fork_join([] { return forked_fib(8); }, [] { return forked_fib(9); });
    bad.wrong_sum += a + b == forked_fib(10) ? 0 : 1;
    co_await weir::resume_on(weir::home::io);  // the reactor is no worker: whatever is forked here runs here
    bad.wrong_seat += weir::detail::this_fork_seat != nullptr ? 1 : 0;
    const auto here = std::this_thread::get_id();
    const auto [first, second] =
        weir::fork_join([] { return std::this_thread::get_id(); }, [] { return std::this_thread::get_id(); });
    bad.strayed += first == here && second == here ? 0 : 1;
  }
  co_return bad;
}

}  // namespace

TEST_CASE("fork: a coroutine that moves between threads forks on the thread it is on, not on the one it was on") {
  for (const unsigned workers : {1U, 3U}) {
    balanced_runtime rt{workers};
    const seen bad = rt->block_on(wander(500));
    CHECK(bad.wrong_seat == 0);
    CHECK(bad.wrong_sum == 0);
    CHECK(bad.strayed == 0);
  }
}
