// Streams on workers: the same promises with real threads, under ThreadSanitizer too.
#include "coro/fixture.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/io/file.hpp>
#include <weir/io/pipe.hpp>
#include <weir/retry.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/streams.hpp>
#include <weir/when.hpp>

#include "support/stress.hpp"

#include "support/stderr_reports.hpp"

using namespace weir;
using namespace std::chrono_literals;
using coro_test::no_frames_left;
namespace stress = weir_test::stress;

namespace {

auto numbers(int n) { return std::views::iota(0, n); }

std::int64_t sum_to(int n) { return std::int64_t{n} * (n - 1) / 2; }

/// Goes somewhere else for a moment.
task<int> elsewhere(int x) {
  co_await checkpoint();
  co_return x;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "stream: on workers nothing is lost or doubled, whatever the operator") {
  runtime rt{{.threads = 2}};
  const int n = stress::rounds(20'000);
  const std::plus<> add;
  CHECK(rt.block_on(from(numbers(n)) | map_async(elsewhere, par{8}) | reduce(std::int64_t{0}, add)) == sum_to(n));
  CHECK(rt.block_on(from(numbers(n)) | map_async(elsewhere, par{8}, unordered) | read_ahead(3) |
                    reduce(std::int64_t{0}, add)) == sum_to(n));
  CHECK(rt.block_on(merge(from(numbers(n)), from(numbers(n)), from(numbers(n))) | reduce(std::int64_t{0}, add)) ==
        3 * sum_to(n));
  CHECK(rt.block_on(from(numbers(n)) | map_cpu([](int x) { return x; }, 512) | reduce(std::int64_t{0}, add)) ==
        sum_to(n));
  std::atomic<std::int64_t> sum{0};
  auto use = [&](const std::vector<int>& b) -> task<> {
    sum += std::accumulate(b.begin(), b.end(), std::int64_t{0});
    co_return;
  };
  rt.block_on(from(numbers(n)) | batch({.items = 7}, 1ms) | for_each(par{4}, use));
  CHECK(sum == sum_to(n));
}

TEST_CASE_FIXTURE(no_frames_left,
                  "stream: ordered results come in order, and each key's calls one after the other, on workers") {
  runtime rt{{.threads = 2}};
  const int n = stress::rounds(20'000);
  int next = 0;
  const bool in_order = rt.block_on(from(numbers(n)) | map_async(elsewhere, par{16}, ordered, window{40}) |
                                    reduce(true, [&](bool so_far, int x) { return so_far && x == next++; }));
  CHECK(in_order);
  CHECK(next == n);
  std::vector<std::atomic<int>> last(7);
  std::atomic<int> wrong{0};
  auto apply = [&](int x) -> task<int> {
    const int before = last[static_cast<std::size_t>(x % 7)].exchange(x);
    if (before > x) ++wrong;
    co_await checkpoint();
    if (last[static_cast<std::size_t>(x % 7)] != x) ++wrong;  // nobody of this key beside us
    co_return x;
  };
  CHECK(rt.block_on(from(numbers(n)) | partition_by([](int x) { return x % 7; }, apply, par{4}, window{32}) |
                    reduce(std::int64_t{0}, std::plus<>{})) == sum_to(n));
  CHECK(wrong == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "stream: on workers, an early end, a failure and a stop leave nothing behind") {
  weir_test::expect_stderr_reports();
  runtime rt{{.threads = 2}};
  for (int i = 0; i < stress::rounds(300); ++i) {
    auto job = from(std::views::iota(0)) | map_async(elsewhere, par{4}) | read_ahead(2) |
               take(static_cast<std::size_t>(i)) | for_each([](int) {});
    CHECK(rt.block_on(std::move(job)) == static_cast<std::size_t>(i));
    auto fails = [i](int x) -> task<int> { co_return x < i ? x : throw std::runtime_error{"enough"}; };
    CHECK_THROWS_WITH(rt.block_on(from(std::views::iota(0)) | map_async(fails, par{4}) | batch({.items = 3}, 1h) |
                                  for_each([](const std::vector<int>&) {})),
                      "enough");
    auto stopped = [i]() -> task<> {
      auto endless = generate<int>([](emitter<int>& out) -> task<> {
        for (int x = 0;; ++x) co_await out(x);
      });
      co_await with_timeout(std::chrono::microseconds{i}, std::move(endless) | map_async(elsewhere, par{3}, unordered) |
                                                              for_each(par{2}, [](int) -> task<> { co_return; }));
    };
    CHECK_THROWS_AS(rt.block_on(stopped()), operation_timed_out);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "tee: on workers, each branch gets what its policy says") {
  runtime rt{{.threads = 2}};
  const int n = stress::rounds(20'000);
  std::atomic<std::int64_t> all{0}, some{0};
  using item = std::shared_ptr<const int>;
  auto every = [&](auto in) { return std::move(in) | for_each([&](const item& x) { all += *x; }); };
  auto latest = [&](auto in) {
    return std::move(in) | for_each(par{1}, [&](const item&) -> task<> {
             ++some;
             co_await checkpoint();
           });
  };
  const auto stats =
      rt.block_on(from(numbers(n)) |
                  tee(branch("every", 16, every), branch("latest", 1, latest, {.on_full = overflow::drop_oldest})));
  CHECK(all == sum_to(n));
  CHECK(stats[1].accepted == static_cast<std::uint64_t>(n));
  CHECK(stats[1].received + stats[1].discarded == static_cast<std::uint64_t>(n));
  CHECK(stats[1].received == static_cast<std::uint64_t>(some));
}

TEST_CASE_FIXTURE(no_frames_left, "lines and blocks: of a file, however its chunks cut it") {
  runtime rt{{.threads = 2}};
  const std::string path = std::filesystem::temp_directory_path() / ("weir-lines-" + std::to_string(::getpid()));
  std::vector<std::string> text;
  for (int i = 0; i < 3000; ++i) text.push_back("line " + std::to_string(i * i));
  auto write = [&]() -> task<> {
    const file out = co_await file::open(path, file_mode::write);
    co_await (from(text) | write_lines(out));
  };
  auto read = [&](std::size_t chunk) -> task<bool> {
    file_reader in{co_await file::open(path, file_mode::read), chunk};
    const std::vector<std::string> got = co_await (lines(in) | collect(3000));
    co_return got == text;
  };
  auto count = [&]() -> task<std::size_t> {
    file_reader in{co_await file::open(path, file_mode::read), 1000};
    co_return co_await (blocks(in) | map(&buffer::size) | reduce(std::size_t{0}, std::plus<>{}));
  };
  rt.block_on(write());
  CHECK(rt.block_on(read(64)));
  CHECK(rt.block_on(read(1 << 18)));
  std::size_t bytes = 0;
  for (const std::string& line : text) bytes += line.size() + 1;
  CHECK(rt.block_on(count()) == bytes);
  std::filesystem::remove(path);
}

TEST_CASE_FIXTURE(no_frames_left, "lines: through a pipe of the system") {
  runtime rt{{.threads = 2}};
  pipe_ends p = make_pipe();
  std::vector<std::string> text;
  for (int i = 0; i < 5000; ++i) text.push_back(std::string(static_cast<std::size_t>(i % 90), 'x') + std::to_string(i));
  auto send = [&]() -> task<> {
    co_await (from(text) | write_lines(p.writer));
    p.writer.close();
  };
  auto receive = [&]() -> task<bool> {
    const std::vector<std::string> got = co_await (lines(p.reader) | collect(5000));
    co_return got == text;
  };
  auto body = [&]() -> task<bool> {
    auto [none, same] = co_await when_all(send(), receive());
    co_return same;
  };
  CHECK(rt.block_on(body()));
}
