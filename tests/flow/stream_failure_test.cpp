// Where a failure happens does not matter: it comes out, everything else is stopped and gone. [row 24]
#include "coro/calls.hpp"

#include <array>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/streams.hpp>

#include "support/stderr_reports.hpp"

using namespace coro_test;
using testing::manual_runtime;

namespace {

enum class place { source, fused, called, ahead, sink };
constexpr std::array places{place::source, place::fused, place::called, place::ahead, place::sink};

/// Throws at its n-th call; counts what it would have let through.
class fault {
 public:
  fault(place at, place here, int n) : left_{at == here ? n : -1} {}
  void operator()() {
    if (left_ >= 0 && left_-- == 0) throw std::runtime_error{"the cause"};
  }

 private:
  int left_;
};

/// A pipeline of each kind of stage, which fails at one place after n items; n = -1: not at all.
std::size_t pipeline(manual_runtime& rt, place at, int n) {
  gauge g;
  fault source{at, place::source, n}, fused{at, place::fused, n}, called{at, place::called, n},
      ahead{at, place::ahead, n}, sink{at, place::sink, n};
  auto items = generate<counted>([&](emitter<counted>& out) -> task<> {
    for (int i = 0; i < 40; ++i) {
      source();
      co_await sleep_for(1ms);
      co_await out(counted{i});
    }
  });
  auto pass = [&](const counted& x) { return fused(), counted{x}; };
  auto fetch = [&](const counted& x) -> task<counted> {
    called();
    static_cast<void>(co_await call(g, 5ms, 0));
    co_return x;
  };
  auto after = [&](const counted& x) { return ahead(), counted{x}; };
  auto use = [&](const counted&) -> task<> {
    sink();
    co_await sleep_for(2ms);
  };
  std::size_t done = 0;
  try {
    done = rt.block_on(std::move(items) | map(pass) | map_async(fetch, par{4}) | map(after) | read_ahead(3) |
                       for_each(par{3}, use));
  } catch (...) {
    CHECK(g.now == 0);
    throw;
  }
  return done;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: an error in each of five places, before, at and after the first item: the same "
                  "cause comes out, everything is stopped and freed [row 24]") {
  for (const place at : places)
    for (const int n : {0, 1, 2, 20}) {
      CAPTURE(static_cast<int>(at));
      CAPTURE(n);
      manual_runtime rt;
      CHECK_THROWS_WITH_AS(pipeline(rt, at, n), "the cause", std::runtime_error);
      CHECK(counted::alive == 0);
      CHECK(rt.reports(report_kind::unhandled_exception) == 0);
    }
  manual_runtime rt;
  CHECK(pipeline(rt, place::sink, -1) == 40);
  CHECK(counted::alive == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: stopped from outside at any moment, it ends at once, as stopped, and is gone") {
  for (int ms = 0; ms < 60; ms += 3) {
    CAPTURE(ms);
    manual_runtime rt;
    auto work = [&]() -> task<> {
      gauge g;
      auto fetch = [&](int x) { return call(g, 7ms, x); };
      auto use = [](int) -> task<> { co_await sleep_for(3ms); };
      auto job = from(std::views::iota(0)) | map_async(fetch, par{3}) | batch({.items = 4}, 5ms) |
                 flat_map([](std::vector<int> b) { return b; }) | read_ahead(2) | for_each(par{2}, use);
      try {
        co_await with_timeout(std::chrono::milliseconds{ms}, std::move(job));
        FAIL("it ended");
      } catch (const operation_timed_out&) {
      }
      CHECK(g.now == 0);
    };
    rt.block_on(work());
    CHECK(elapsed(rt) == ms);
  }
}

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: a pipeline that is never awaited frees what it was made of, and is reported") {
  weir_test::expect_stderr_reports();
  const auto before = detail::never_awaited_tasks();
  {
    std::vector<counted> items(3);
    const auto job =
        from(std::move(items)) | map_async([](const counted&) -> task<int> { co_return 1; }, par{2}) | collect(3);
    CHECK(counted::alive == 3);
  }
  CHECK(counted::alive == 0);
  CHECK(detail::never_awaited_tasks() == before + 1);
}
