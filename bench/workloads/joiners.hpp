// workloads/joiners.hpp - the ways to fork and join that the recursive workloads are written for.
//
// A joiner is a type with a name, run(workers, fn) that calls fn on `workers` workers, both(f, g) for two branches, and
// sum(n, fn) for fn(0) + ... + fn(n - 1), all possibly at the same time. Every workload is one template over the
// joiner, so that the algorithm, its leaves and its results are the same for all peers; each joiner does it in its own
// idiom.
#pragma once

#include <weir/fork_join.hpp>
#include <weir/runtime.hpp>

#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <array>
#include <map>
#include <memory>
#include <type_traits>
#include <utility>

namespace bench {

/// Runtimes and arenas, one for each number of workers, made on first use.
inline weir::runtime& weir_runtime(unsigned workers) {
  static std::map<unsigned, std::unique_ptr<weir::runtime>> all;
  auto& rt = all[workers];
  if (rt == nullptr) {
    weir::runtime_options options;
    options.threads = workers;
    rt = std::make_unique<weir::runtime>(options);
  }
  return *rt;
}

inline tbb::task_arena& tbb_arena(unsigned workers) {
  static std::map<unsigned, std::unique_ptr<tbb::task_arena>> all;
  auto& arena = all[workers];
  if (arena == nullptr) arena = std::make_unique<tbb::task_arena>(static_cast<int>(workers));
  return *arena;
}

struct weir_fork_join {
  static constexpr const char* name = "weir::fork_join";
  template <class F>
  static auto run(unsigned workers, F&& fn) {
    return weir_runtime(workers).cpu().submit([&] { return fn(); }).get();
  }
  template <class F, class G>
  static auto both(F&& f, G&& g) {
    return weir::fork_join(f, g);
  }
  /// The first one here, the rest as one child: whoever steals it shares it on. fn is small and copied.
  template <class F>
  static long sum(int n, const F& fn) {
    return n > 0 ? sum_from(0, n, fn) : 0;
  }

 private:
  template <class F>
  static long sum_from(int i, int n, const F& fn) {
    if (i + 1 == n) return fn(i);
    const auto [a, b] = weir::fork_join([fn, i] { return fn(i); }, [fn, i, n] { return sum_from(i + 1, n, fn); });
    return a + b;
  }
};

struct tbb_task_group {
  static constexpr const char* name = "tbb::task_group";
  template <class F>
  static auto run(unsigned workers, F&& fn) {
    return tbb_arena(workers).execute([&] { return fn(); });
  }
  template <class F, class G>
  static auto both(F&& f, G&& g) {
    tbb::task_group group;
    if constexpr (std::is_void_v<std::invoke_result_t<G&>>) {
      group.run([&] { g(); });
      f();
      group.wait();
    } else {
      std::invoke_result_t<G&> right{};
      group.run([&] { right = g(); });
      auto left = f();
      group.wait();
      return std::pair{std::move(left), std::move(right)};
    }
  }
  /// A task for each but the first; n is at most 16.
  template <class F>
  static long sum(int n, const F& fn) {
    if (n == 0) return 0;
    std::array<long, 16> terms;  // NOLINT(cppcoreguidelines-pro-type-member-init): every task writes its own
    tbb::task_group group;
    for (int i = 1; i < n; ++i) group.run([&terms, fn, i] { terms[static_cast<unsigned>(i)] = fn(i); });
    long total = fn(0);
    group.wait();
    for (int i = 1; i < n; ++i) total += terms[static_cast<unsigned>(i)];
    return total;
  }
};

struct tbb_parallel_invoke : tbb_task_group {
  static constexpr const char* name = "tbb::parallel_invoke";
  template <class F, class G>
  static auto both(F&& f, G&& g) {
    std::invoke_result_t<F&> left{};
    std::invoke_result_t<G&> right{};
    tbb::parallel_invoke([&] { left = f(); }, [&] { right = g(); });
    return std::pair{std::move(left), std::move(right)};
  }
};

}  // namespace bench
