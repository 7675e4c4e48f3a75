// A build that counts forks: a recursion forks exactly as often as it says, on any number of workers. Of functions
// those that are made stealable are counted, all but the first of each fork_join; of coroutines every child that is
// started.
#include <weir/fork.hpp>
#include <weir/fork_join.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/timer.hpp>

#include <chrono>
#include <cstdio>

namespace {

long fib(int n) {
  if (n < 2) return n;
  const auto [a, b] = weir::fork_join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
  return a + b;
}

/// The sum of the leaves of a tree with ten children everywhere.
long skynet(long first, long leaves) {
  if (leaves == 1) return first;
  const auto child = [&](long i) { return [=] { return skynet(first + i * (leaves / 10), leaves / 10); }; };
  const auto [a, b, c, d, e, f, g, h, i, j] = weir::fork_join(child(0), child(1), child(2), child(3), child(4),
                                                              child(5), child(6), child(7), child(8), child(9));
  return a + b + c + d + e + f + g + h + i + j;
}

weir::task<long> fib_task(int n) {
  if (n < 2) co_return n;
  const auto [a, b] = co_await weir::fork(weir::call<fib_task>(n - 1), weir::call<fib_task>(n - 2));
  co_return a + b;
}

weir::task<long> skynet_task(long first, long leaves) {
  if (leaves == 1) co_return first;
  const auto child = [=](std::size_t i) {
    return skynet_task(first + static_cast<long>(i) * (leaves / 10), leaves / 10);
  };
  long sum = 0;
  for (const long s : co_await weir::fork<10>(child)) sum += s;
  co_return sum;
}

/// Children that are tasks already, not calls, and of which some wait: then the rest of their fork is queued.
weir::task<long> mixed(long leaves) {
  if (leaves == 97) co_await weir::sleep_for(std::chrono::microseconds{1});
  if (leaves == 1) co_return 1;
  const auto [a, b] = co_await weir::fork(mixed(leaves / 2), mixed(leaves - leaves / 2));
  co_return a + b;
}

template <class F>
bool counts(const char* what, unsigned workers, long expected, unsigned long forks, F&& fn) {
  weir::detail::forks_counted = 0;
  weir::detail::fork_group::children_counted = 0;
  weir::runtime_options options;
  options.threads = workers;
  weir::runtime rt{options};
  const long result = fn(rt);
  const unsigned long counted = weir::detail::forks_counted + weir::detail::fork_group::children_counted;
  std::printf("%-26s %u workers: %lu forks, expected %lu\n", what, workers, counted, forks);
  return result == expected && counted == forks;
}

}  // namespace

int main() {
  bool right = true;
  for (const unsigned workers : {1U, 2U, 4U}) {
    const auto function = [](auto fn) { return [fn](weir::runtime& rt) { return rt.cpu().submit(fn).get(); }; };
    const auto task = [](auto fn) { return [fn](weir::runtime& rt) { return weir::spawn(rt.cpu(), fn()).get(); }; };
    // fib(28) - 1 = 317810 calls fork; 11111 nodes of the tree have ten children; a binary tree has leaves - 1 nodes.
    right &= counts("fib(27)", workers, 196418, 317810, function([] { return fib(27); }));
    right &= counts("skynet(100000)", workers, 4999950000, 9 * 11111, function([] { return skynet(0, 100000); }));
    right &= counts("fib(27), tasks", workers, 196418, 2 * 317810, task([] { return fib_task(27); }));
    right &=
        counts("skynet(100000), tasks", workers, 4999950000, 10 * 11111, task([] { return skynet_task(0, 100000); }));
    right &= counts("halves of 100000, waiting", workers, 100000, 2 * 99999, task([] { return mixed(100000); }));
  }
  return right ? 0 : 1;
}
