// workloads/fib.hpp - Fibonacci's numbers by their definition, no cut-off: nothing but forks and joins.
#pragma once

namespace bench {

template <class Joiner>
long fib(int n) {
  if (n < 2) return n;
  const auto [a, b] = Joiner::both([n] { return fib<Joiner>(n - 1); }, [n] { return fib<Joiner>(n - 2); });
  return a + b;
}

inline long serial_fib(int n) {
  long a = 0, b = 1;
  while (n-- > 0) b = a + b, a = b - a;
  return a;
}

/// Calls of fib() in fib(n).
inline double fib_calls(int n) { return 2.0 * static_cast<double>(serial_fib(n + 1)) - 1; }

}  // namespace bench
