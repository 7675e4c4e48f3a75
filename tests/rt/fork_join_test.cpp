// fork_join: what callers are promised about results, exceptions, threads and visibility.
#include <weir/error.hpp>
#include <weir/fork_join.hpp>
#include <weir/runtime.hpp>
#include <weir/strand.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "rt/suppressed.hpp"
#include "support/stress.hpp"

#include "support/stderr_reports.hpp"

using namespace weir_test;

namespace {

long fib(int n) {
  if (n < 2) return n;
  const auto [a, b] = weir::fork_join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
  return a + b;
}

/// Runs fn on a worker, with 1, 2 and 3 of them, and on this thread, which is none.
template <class F>
void everywhere(F&& fn) {
  for (const unsigned workers : {1U, 2U, 3U}) {
    balanced_runtime rt{workers};
    rt.cpu().submit([&] { fn(); }).get();
  }
  fn();
}

}  // namespace

TEST_CASE("fork_join: results come back in the order of the functions, unit for void, nothing if all are void") {
  everywhere([] {
    const auto [a, b] = weir::fork_join([] { return 1; }, [] { return std::string{"two"}; });
    CHECK(a == 1);
    CHECK(b == "two");
    int ran = 0;
    auto [p, q, r, s] = weir::fork_join([] { return std::make_unique<int>(7); }, [&] { ran = 1; }, [] { return 2.5; },
                                        [] { return std::vector<int>(3, 4); });
    CHECK(*p == 7);
    CHECK(q == weir::unit{});
    CHECK(ran == 1);
    CHECK(r == 2.5);
    CHECK(s.size() == 3);
    static_assert(std::is_void_v<decltype(weir::fork_join([] {}, [] {}))>);
    static_assert(std::is_void_v<decltype(weir::parallel_invoke([] { return 1; }, [] {}))>);
    CHECK(fib(20) == 6765);
  });
}

TEST_CASE("fork_join: a stolen child's result and its exception come back") {
  weir_test::expect_stderr_reports();
  balanced_runtime rt{2};
  for (int round = 0; round < 200; ++round) {
    std::atomic<bool> begun{false};
    const auto wait_for_thief = [&] { until([&] { return begun.load(); }); };
    const auto stolen = [&] {
      begun = true;
      return std::string(100, 'x');
    };
    const auto in_a_job = [&] { return std::get<1>(weir::fork_join(wait_for_thief, stolen)); };
    CHECK(rt.cpu().submit(in_a_job).get().size() == 100);
    begun = false;
    const auto fails = [&]() -> int {
      begun = true;
      throw std::runtime_error{"stolen"};
    };
    CHECK_THROWS_WITH(rt.cpu().submit([&] { (void)weir::fork_join(wait_for_thief, fails); }).get(), "stolen");
  }
}

TEST_CASE("fork_join: every function runs and ends before the leftmost exception arrives, whoever ran it") {
  weir_test::expect_stderr_reports();
  const auto fail = [](std::atomic<int>& ran, const char* what) {
    return [&ran, what] {
      spin(1);
      ++ran;
      throw std::runtime_error{what};
    };
  };
  everywhere([&] {
    for (int round = 0; round < stress::rounds(300); ++round) {
      std::atomic<int> ran{0};
      const auto fine = [&] { ++ran; };
      CHECK_THROWS_WITH(weir::fork_join(fine, fail(ran, "b"), fail(ran, "c"), fine), "b");
      CHECK(ran == 4);
      CHECK_THROWS_WITH(weir::fork_join(fail(ran, "a"), fail(ran, "b")), "a");
      CHECK(ran == 6);
      CHECK_THROWS_WITH(weir::parallel_invoke(fine, fine, fail(ran, "c")), "c");
      CHECK(ran == 9);
    }
  });
}

TEST_CASE("fork_join: what is not delivered because of the leftmost exception is reported, and cancellations are not") {
  weir_test::expect_stderr_reports();
  const auto fail = [](const char* what) { return [what] { throw std::runtime_error{what}; }; };
  const auto stop = [] { throw weir::operation_cancelled{}; };
  const auto fine = [] {};
  for (const unsigned workers : {1U, 2U}) {
    suppressed_errors seen;
    weir::runtime_options options = with_threads(workers);
    options.on_report = seen.sink();
    balanced_runtime rt{options};
    const auto fails_with = [&](const char* first, auto... fns) {
      CHECK_THROWS_WITH(rt.cpu().submit([&] { weir::parallel_invoke(fns...); }).get(), first);
      return seen.take();
    };
    CHECK(fails_with("a", fail("a"), fail("b")) == std::vector<std::string>{"b"});
    CHECK(fails_with("b", fine, fail("b"), fine, fail("d"), fail("c")) == std::vector<std::string>{"c", "d"});
    CHECK(fails_with("a", fail("a"), stop, fine).empty());
    CHECK(fails_with("a", fine, fail("a"), fine).empty());
    std::atomic<bool> begun{false};
    const auto waits_for_thief = [&] {
      until([&] { return begun.load(); });
      throw std::runtime_error{"left"};
    };
    const auto stolen = [&] {
      begun = true;
      throw std::runtime_error{"stolen"};
    };
    if (workers > 1)
      CHECK(fails_with("left", std::ref(waits_for_thief), std::ref(stolen)) == std::vector<std::string>{"stolen"});
    CHECK_THROWS_WITH(weir::parallel_invoke(rt.cpu(), fail("x"), fail("y")), "x");
    CHECK(seen.take() == std::vector<std::string>{"y"});
    CHECK(rt->stats().reports[static_cast<std::size_t>(weir::report_kind::never_awaited)] == (workers > 1 ? 5 : 4));
  }
}

TEST_CASE("fork_join: on a thread that is no worker and on a strand the functions run in place, one after another") {
  std::vector<int> order;
  const auto add = [&](int i) { return [&order, i] { order.push_back(i); }; };
  weir::fork_join(add(1), add(2), add(3), add(4));
  CHECK(order == std::vector{1, 2, 3, 4});

  balanced_runtime rt{4};
  weir::strand one{rt.cpu()};
  order.clear();
  for (int i = 0; i < 1000; ++i) weir::fork_join(one, add(i), add(i), add(i));
  CHECK(order.size() == 3000);
  CHECK(std::is_sorted(order.begin(), order.end()));
  const auto [a, b] = weir::fork_join(rt.cpu(), [] { return fib(15); }, [] { return fib(16); });
  CHECK(a == 610);
  CHECK(b == 987);
}

TEST_CASE(
    "fork_join: nothing that a worker has forked hides behind the leaf it runs, with any number of thieves [D2]") {
  for (const unsigned workers : {2U, 4U}) {
    balanced_runtime rt{workers};
    for (int round = 0; round < 20; ++round) {
      std::atomic<int> ran{0};
      const auto child = [&] { ++ran; };
      const auto leaf = [&] { until([&] { return ran == 3; }); };  // it neither forks nor joins meanwhile
      rt.cpu()
          .submit(
              [&] { weir::fork_join([&] { weir::fork_join([&] { weir::fork_join(leaf, child); }, child); }, child); })
          .get();
      CHECK(ran == 3);
    }
  }
}

TEST_CASE("fork_join: deeper than the deque is run in place, and the forks around it stay correct") {
  balanced_runtime rt{2};
  std::function<int(int)> nest = [&](int depth) -> int {
    if (depth == 0) return 0;
    const auto [a, b] = weir::fork_join([&] { return nest(depth - 1); }, [] { return 1; });
    return a + b;
  };
  CHECK(rt.cpu().submit([&] { return nest(5000); }).get() == 5000);
}

TEST_CASE("fork_join: an unbalanced tree of small tasks loses nothing, with many more workers than processors") {
  for (const unsigned workers : {2U, 3U, 8U}) {
    balanced_runtime rt{workers};
    std::function<long(long)> count = [&](long n) -> long {
      if (n <= 1) return 1;
      const auto [a, b] = weir::fork_join([&] { return count(n - 1 - n / 8); }, [&] { return count(n / 8); });
      return a + b;
    };
    const long expected = count(3000);
    for (int round = 0; round < stress::rounds(50); ++round)
      REQUIRE(rt.cpu().submit([&] { return count(3000); }).get() == expected);
  }
}
