// The parallel algorithms against their serial twins, with every kind of ending.
#include <weir/parallel.hpp>
#include <weir/runtime.hpp>
#include <weir/strand.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"
#include "rt/suppressed.hpp"

#include "support/stderr_reports.hpp"

using namespace weir_test;

namespace {

std::vector<int> random_numbers(std::size_t n, std::mt19937& random) {
  std::vector<int> numbers(n);
  for (int& x : numbers) x = static_cast<int>(random() % 1000);
  return numbers;
}

}  // namespace

TEST_CASE("parallel: for, for_each, transform, reduce and sort agree with the serial result") {
  std::mt19937 random{20'240'101};
  for (const unsigned workers : {1U, 2U, 4U}) {
    balanced_runtime rt{workers};
    for (int round = 0; round < 60; ++round) {
      const std::size_t n = random() % (round % 10 == 0 ? 30'000 : 700);
      const weir::parallel_options options{.grain = random() % 50};
      const std::vector<int> input = random_numbers(n, random);

      std::vector<std::atomic<int>> seen(n);
      weir::parallel_for(rt.cpu(), std::size_t{0}, n, [&](std::size_t i) { ++seen[i]; }, options);
      REQUIRE(std::all_of(seen.begin(), seen.end(), [](const auto& s) { return s.load() == 1; }));

      std::vector<int> doubled = input;
      weir::parallel_for_each(rt.cpu(), doubled, [](int& x) { x *= 2; }, options);
      std::vector<int> written(n);
      const auto end = weir::parallel_transform(rt.cpu(), input, written.begin(), [](int x) { return 2 * x; }, options);
      REQUIRE(end == written.end());
      REQUIRE(doubled == written);

      const long sum = weir::parallel_reduce(
          rt.cpu(), std::size_t{0}, n, 0L, [&](std::size_t i) { return long{input[i]}; }, std::plus<>{}, options);
      REQUIRE(sum == std::accumulate(input.begin(), input.end(), 0L));

      std::vector<int> sorted = input, expected = input;
      std::sort(expected.begin(), expected.end());
      weir::parallel_sort(rt.cpu(), sorted, std::less<>{}, options);
      REQUIRE(sorted == expected);
    }
  }
}

TEST_CASE("parallel_reduce: keeps the order of the range for a combine that does not commute") {
  balanced_runtime rt{3};
  for (const int n : {0, 1, 2, 17, 1000, 20'000}) {
    std::string expected;
    for (int i = 0; i < n; ++i) expected += std::to_string(i) + ',';
    const std::string joined = weir::parallel_reduce(
        rt.cpu(), 0, n, std::string{}, [](int i) { return std::to_string(i) + ','; },
        [](std::string a, const std::string& b) { return std::move(a) + b; });
    CHECK(joined == expected);
  }
}

TEST_CASE("parallel_for: bounds of any integral type, also where their distance overflows it") {
  balanced_runtime rt{2};
  using limits = std::numeric_limits<std::int8_t>;
  std::vector<std::atomic<int>> seen(256);
  weir::parallel_for(rt.cpu(), limits::min(), limits::max(),
                     [&](std::int8_t i) { ++seen[static_cast<std::size_t>(i + 128)]; });
  CHECK(std::count_if(seen.begin(), seen.end(), [](const auto& s) { return s.load() == 1; }) == 255);

  constexpr int wide = std::numeric_limits<int>::max();
  std::stop_source stop;
  std::atomic<bool> inside{true};
  CHECK_THROWS_AS(weir::parallel_for(rt.cpu(), -wide, wide,
                                     [&](int i) {
                                       if (i < -wide) inside = false;
                                       stop.request_stop();
                                     },
                                     {.stop = stop.get_token()}),
                  weir::operation_cancelled);
  CHECK(inside);
  int calls = 0;
  weir::parallel_for(rt.cpu(), 5, 5, [&](int) { ++calls; });
  weir::parallel_for(rt.cpu(), 5, -5, [&](int) { ++calls; });
  CHECK(calls == 0);
}

TEST_CASE("parallel_for: the exception comes after every started chunk has ended") {
  weir_test::expect_stderr_reports();
  balanced_runtime rt{3};
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> inside{0};
    CHECK_THROWS_WITH(weir::parallel_for(rt.cpu(), 0, 5000,
                                         [&](int i) {
                                           inside.fetch_add(1);
                                           const bool bad = i == 1234 || i == 4321;
                                           inside.fetch_sub(1);
                                           if (bad) throw std::runtime_error{"body"};
                                         }),
                      "body");
    REQUIRE(inside == 0);
  }
}

TEST_CASE("parallel_for: a failure on a thief stops the rest of the range, not only after the join") {
  weir_test::expect_stderr_reports();
  balanced_runtime rt{2};
  constexpr int n = 200'000;
  std::atomic<bool> failed{false};
  std::atomic<int> ran{0};
  CHECK_THROWS_WITH(weir::parallel_for(rt.cpu(), 0, n,
                                       [&](int i) {
                                         if (i == n / 2) {  // the first item of the upper half: the thief's first
                                           failed = true;
                                           throw std::runtime_error{"thief"};
                                         }
                                         if (i == 0) until([&] { return failed.load(); });
                                         ++ran;
                                         spin(2);
                                       }),
                    "thief");
  CHECK(ran < n / 2);
}

TEST_CASE("parallel_for, submit_bulk: the first exception arrives, one that another worker threw as well is reported") {
  weir_test::expect_stderr_reports();
  suppressed_errors seen;
  weir::runtime_options options = with_threads(2);
  options.on_report = seen.sink();
  balanced_runtime rt{options};
  std::atomic<int> inside{0};
  const auto fails = [&](auto i) {  // two items that throw when both have begun, each on a worker of its own
    if (++inside > 2) return;
    until([&] { return inside >= 2; });
    throw std::runtime_error{std::to_string(i)};
  };
  for (const bool bulk : {false, true}) {
    inside = 0;
    std::string arrived;
    try {
      if (bulk)
        rt.cpu().submit_bulk(2, fails).get();
      else
        weir::parallel_for(rt.cpu(), 0, 2, fails);
    } catch (const std::runtime_error& e) {
      arrived = e.what();
    }
    const std::string other = arrived == "0" ? "1" : "0";
    CHECK((arrived == "0" || arrived == "1"));
    CHECK(seen.take() == std::vector{other});
  }
}

TEST_CASE("parallel: a stop request ends the range early with operation_cancelled, and only if work was left") {
  balanced_runtime rt{2};
  std::stop_source stop;
  std::atomic<int> ran{0};
  CHECK_THROWS_AS(weir::parallel_for(rt.cpu(), 0, 1'000'000,
                                     [&](int) {
                                       if (++ran == 10) stop.request_stop();
                                     },
                                     {.stop = stop.get_token()}),
                  weir::operation_cancelled);
  CHECK(ran < 1'000'000);
  std::stop_source at_the_end;
  weir::parallel_for(rt.cpu(), 0, 1, [&](int) { at_the_end.request_stop(); }, {.stop = at_the_end.get_token()});
  CHECK_THROWS_AS((void)weir::parallel_reduce(rt.cpu(), 0, 10, 0, [](int i) { return i; }, std::plus<>{},
                                              {.stop = stop.get_token()}),
                  weir::operation_cancelled);
}

TEST_CASE("parallel_for: nested in jobs and in itself") {
  for (const unsigned workers : {1U, 2U, 4U}) {
    balanced_runtime rt{workers};
    std::atomic<int> ran{0};
    std::vector<weir::future<void>> jobs;
    for (int j = 0; j < 8; ++j)
      jobs.push_back(rt.cpu().submit([&] {
        weir::parallel_for(rt.cpu(), 0, 20, [&](int) {
          weir::parallel_for(rt.cpu(), 0, 20, [&](int) { weir::parallel_for(rt.cpu(), 0, 5, [&](int) { ++ran; }); });
        });
      }));
    for (auto& j : jobs) j.get();
    CHECK(ran == 8 * 20 * 20 * 5);
  }
}

TEST_CASE("parallel_invoke: every function runs, the first exception arrives") {
  weir_test::expect_stderr_reports();
  balanced_runtime rt{2};
  int a = 0, b = 0, c = 0;
  weir::parallel_invoke(rt.cpu(), [&] { a = 1; }, [&] { b = 2; }, [&] { c = 3; });
  CHECK(a + b + c == 6);
  std::atomic<int> ran{0};
  CHECK_THROWS_WITH(weir::parallel_invoke(
                        rt.cpu(), [&] { ++ran; }, [&] { throw std::runtime_error{"second"}; }, [&] { ++ran; }),
                    "second");
  CHECK(ran == 2);
}

TEST_CASE(
    "parallel_invoke: with a stop, functions that have not started are left out and operation_cancelled arrives") {
  weir_test::expect_stderr_reports();
  balanced_runtime rt{1};
  std::stop_source stop;
  const weir::parallel_options options{.stop = stop.get_token()};
  std::atomic<int> ran{0};
  const auto runs = [&] { ++ran; };
  weir::parallel_invoke(rt.cpu(), options, runs, runs, runs);
  CHECK(ran == 3);
  const auto stops = [&] { stop.request_stop(); };
  CHECK_THROWS_AS(weir::parallel_invoke(rt.cpu(), options, stops, runs, runs), weir::operation_cancelled);
  CHECK(ran == 3);  // one worker takes them in order
  CHECK_THROWS_AS(weir::parallel_invoke(rt.cpu(), {}, [] { throw 1; }, runs), int);
  CHECK(ran == 3);
  const weir::strand one{rt.cpu(), {}};
  weir::parallel_invoke(one.get(), {}, runs, runs);
  CHECK(ran == 5);
}

TEST_CASE("parallel_sort: below the grain nothing is shared") {
  balanced_runtime rt{2};
  std::vector<int> input(50'000);
  std::mt19937 random{7};
  for (int& v : input) v = static_cast<int>(random());
  const std::uint64_t before = rt->stats().jobs_stolen;
  weir::parallel_sort(rt.cpu(), input, std::less<>{}, {.grain = input.size()});
  CHECK(std::is_sorted(input.begin(), input.end()));
  CHECK(rt->stats().jobs_stolen == before);
}

TEST_CASE("parallel_sort: inputs that ruin the pivots, and a comparison that throws") {
  weir_test::expect_stderr_reports();
  balanced_runtime rt{2};
  constexpr int n = 200'000;
  std::vector<int> killer(n);  // Musser's sequence against median of three
  for (int i = 0, k = n / 2; i < k; ++i) {
    killer[static_cast<std::size_t>(i)] = i % 2 == 0 ? i + 1 : k + i + (k % 2 == 0 ? 0 : 1);
    killer[static_cast<std::size_t>(k) + static_cast<std::size_t>(i)] = 2 * (i + 1);
  }
  std::vector<std::vector<int>> inputs{killer, std::vector<int>(n, 7)};
  std::vector<int> rising(n);
  std::iota(rising.begin(), rising.end(), 0);
  inputs.push_back(rising);
  inputs.emplace_back(rising.rbegin(), rising.rend());
  std::vector<int> pipes = rising;
  std::reverse(pipes.begin() + n / 2, pipes.end());
  inputs.push_back(pipes);
  for (auto& input : inputs) {
    auto expected = input;
    std::sort(expected.begin(), expected.end());
    weir::parallel_sort(rt.cpu(), input);
    CHECK(input == expected);
  }
  std::atomic<int> compared{0};
  CHECK_THROWS_WITH(weir::parallel_sort(rt.cpu(), rising,
                                        [&](int a, int b) {
                                          if (++compared == 1000) throw std::runtime_error{"less"};
                                          return a < b;
                                        }),
                    "less");
}

TEST_CASE("parallel: on a strand the bodies run one at a time") {
  balanced_runtime rt{4};
  weir::strand one{rt.cpu()};
  std::atomic<int> inside{0};
  std::atomic<bool> overlapped{false};
  int ran = 0;
  const auto body = [&](int) {
    if (inside.fetch_add(1) != 0) overlapped = true;
    ++ran;
    spin(2);
    inside.fetch_sub(1);
  };
  weir::parallel_for(one, 0, 5000, body);
  one.get().submit([&] { weir::parallel_for(one, 0, 5000, body); }).get();
  weir::parallel_invoke(one, [&] { body(0); }, [&] { body(1); });
  CHECK_FALSE(overlapped);
  CHECK(ran == 10'002);
}

TEST_CASE("parallel: racing with shutdown it either runs whole or throws runtime_closed, and never hangs") {
  for (int round = 0; round < 300; ++round) {
    weir::runtime rt{with_threads(2)};
    std::atomic<int> ran{0};
    std::atomic<bool> started{false};
    bool refused = false;
    std::thread caller{[&] {
      started = true;
      try {
        weir::parallel_for(rt.cpu(), 0, 50, [&](int) { ++ran; });
      } catch (const weir::runtime_closed&) {
        refused = true;
      }
    }};
    until([&] { return started.load(); });
    rt.shutdown();
    caller.join();
    REQUIRE(ran == (refused ? 0 : 50));
    REQUIRE(rt.stats().jobs_balance());
  }
}

TEST_CASE("parallel: after shutdown, on the runtime and on its strands, it throws runtime_closed") {
  weir::runtime rt{with_threads(1)};
  weir::strand one{rt.cpu()};
  rt.shutdown();
  CHECK_THROWS_AS(weir::parallel_for(rt.cpu(), 0, 10, [](int) {}), weir::runtime_closed);
  CHECK_THROWS_AS(weir::parallel_for(one, 0, 10, [](int) {}), weir::runtime_closed);
}
