// tee: who waits for whom, who loses what, and who may leave. [row 33, case 34]
#include "coro/calls.hpp"

#include <memory>
#include <ranges>
#include <stdexcept>
#include <vector>

#include <weir/streams.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

using item = std::shared_ptr<const int>;

/// A branch that takes `each` for an item and keeps what it got.
auto keeping(std::vector<int>& into, std::chrono::milliseconds each = 0ms) {
  return [&into, each](auto in) {
    auto keep = [&into, each](const item& x) -> task<> {
      co_await sleep_for(each);
      into.push_back(*x);
    };
    return std::move(in) | for_each(par{1}, keep);
  };
}

auto leaving(std::size_t after) {
  return [after](auto in) { return std::move(in) | take(after) | for_each([](const item&) {}); };
}

auto failing() {
  return [](auto in) { return std::move(in) | for_each([](const item&) { throw std::runtime_error{"a branch"}; }); };
}

auto numbers(int n) { return from(std::views::iota(0, n)); }

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "tee: every branch gets every item, in order, and shares it") {
  manual_runtime rt;
  std::vector<const int*> seen[2];
  auto note = [&](int b) {
    return [&seen, b](auto in) {
      return std::move(in) | for_each([&seen, b](const item& x) { seen[b].push_back(x.get()); });
    };
  };
  std::vector<item> kept;
  auto keep = [&](auto in) { return std::move(in) | for_each([&](const item& x) { kept.push_back(x); }); };
  const auto stats =
      rt.block_on(numbers(100) | tee(branch("a", 4, note(0)), branch("b", 1, note(1)), branch("c", 4, keep)));
  CHECK(stats.size() == 3);
  for (const channel_stats& s : stats) CHECK(s.received == 100);
  CHECK(kept.size() == 100);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    CHECK(*kept[i] == static_cast<int>(i));
    CHECK(seen[0][i] == kept[i].get());
    CHECK(seen[1][i] == kept[i].get());
  }
}

TEST_CASE_FIXTURE(no_frames_left,
                  "tee: a required branch that blocks holds up all; one that drops holds up nobody and is counted") {
  manual_runtime rt;
  std::vector<int> quick, slow, latest;
  const auto stats =
      rt.block_on(numbers(100) | tee(branch("quick", 1, keeping(quick)), branch("slow", 2, keeping(slow, 10ms)),
                                     branch("latest", 1, keeping(latest, 35ms), {.on_full = overflow::drop_oldest})));
  CHECK(quick.size() == 100);
  CHECK(slow.size() == 100);
  CHECK(elapsed(rt) < 1000 + 3 * 35);
  CHECK(latest.size() < 40);
  CHECK(std::ranges::is_sorted(latest));
  CHECK(latest.back() == 99);
  CHECK(stats[2].accepted == 100);
  CHECK(stats[2].discarded == 100 - latest.size());
  CHECK(stats[2].received == latest.size());
}

TEST_CASE_FIXTURE(no_frames_left, "tee: the first branch gets no second item before the last has taken its first") {
  manual_runtime rt;
  std::vector<int> a, b;
  std::vector<std::pair<std::size_t, std::size_t>> seen;
  auto first = [&](auto in) {
    return std::move(in) | for_each([&](const item& x) { a.push_back(*x), seen.emplace_back(a.size(), b.size()); });
  };
  rt.block_on(numbers(20) | tee(branch("a", 1, first), branch("b", 1, keeping(b, 10ms))));
  // What is not yet taken of b: one in its channel, one in its hands, one that waits to be sent.
  for (const auto& [na, nb] : seen) CHECK(na <= nb + 3);
}

TEST_CASE_FIXTURE(no_frames_left, "tee: a branch that has enough leaves, the others get everything") {
  manual_runtime rt;
  std::vector<int> all;
  const auto stats = rt.block_on(numbers(50) | tee(branch("leaves", 1, leaving(3)), branch("stays", 1, keeping(all))));
  CHECK(all.size() == 50);
  CHECK(stats[0].received == 3);
}

TEST_CASE_FIXTURE(no_frames_left, "tee: when all branches have left, the source is stopped") {
  manual_runtime rt;
  gauge g;
  auto fetch = [&](int x) { return call(g, 5ms, x); };
  rt.block_on(from(std::views::iota(0)) | map_async(fetch, par{3}) |
              tee(branch("a", 1, leaving(2)), branch("b", 1, leaving(4))));
  CHECK(g.now == 0);
  CHECK(g.started < 20);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "tee: a required branch's failure is everybody's; another one's is reported, and it leaves") {
  manual_runtime rt;
  std::vector<int> all;
  CHECK_THROWS_WITH(rt.block_on(numbers(50) | tee(branch("bad", 1, failing()), branch("good", 1, keeping(all, 1ms)))),
                    "a branch");
  all.clear();
  rt.block_on(numbers(50) |
              tee(branch("bad", 1, failing(), {.required = false}), branch("good", 1, keeping(all, 1ms))));
  CHECK(all.size() == 50);
  CHECK(rt.reports(report_kind::unhandled_exception) == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "tee: when all branches have left, a source that is silent is stopped too") {
  manual_runtime rt;
  auto silent = generate<int>([](emitter<int>& out) -> task<> {
    co_await out(1);
    co_await sleep_for(10h);
    co_await out(2);
  });
  const auto stats = rt.block_on(std::move(silent) | tee(branch("a", 1, leaving(1)), branch("b", 1, leaving(1))));
  CHECK(stats[0].received == 1);
  CHECK(elapsed(rt) == 0);
  CHECK_THROWS_AS((void)branch("c", 1, leaving(1), {.on_full = overflow::fail}), std::invalid_argument);
}
