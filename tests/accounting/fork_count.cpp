// A build that counts forks: a recursion forks exactly as often as it says, on any number of workers.
#include <weir/fork_join.hpp>
#include <weir/runtime.hpp>

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

template <class F>
bool counts(const char* what, unsigned workers, long expected, unsigned long forks, F&& fn) {
  weir::detail::forks_counted = 0;
  weir::runtime_options options;
  options.threads = workers;
  weir::runtime rt{options};
  const long result = rt.cpu().submit(fn).get();
  const unsigned long counted = weir::detail::forks_counted;
  std::printf("%-16s %u workers: %lu forks, expected %lu\n", what, workers, counted, forks);
  return result == expected && counted == forks;
}

}  // namespace

int main() {
  bool right = true;
  for (const unsigned workers : {1U, 2U, 4U}) {
    right &= counts("fib(27)", workers, 196418, 317810, [] { return fib(27); });  // fib(28) - 1 calls fork
    right &= counts("skynet(100000)", workers, 4999950000, 99999, [] { return skynet(0, 100000); });
  }
  return right ? 0 : 1;
}
