// fork on the real runtime: thieves, suspensions on several threads, the stack, shutdown.
#include "coro/fixture.hpp"

#include <weir/detail/frames.hpp>
#include <weir/weir.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include "rt/fixture.hpp"
#include "support/stress.hpp"

#include "support/stderr_reports.hpp"

using namespace weir;
using namespace std::chrono_literals;
using coro_test::no_frames_left;
using weir_test::balanced_runtime;

namespace {

task<long> fib(int n) {
  if (n < 2) co_return n;
  const auto [a, b] = co_await fork(call(fib, n - 1), call(fib, n - 2));
  co_return a + b;
}

/// Some leaves sleep, some hop to the reactor, most do neither.
task<long> restless(unsigned seed, int depth) {
  if (depth == 0) {
    if (seed % 7 == 0) co_await sleep_for(std::chrono::microseconds{seed % 50});
    if (seed % 11 == 0) co_await resume_on(home::io);
    if (seed % 13 == 0) co_await checkpoint();
    co_return 1;
  }
  const auto [a, b, c] = co_await fork(call(restless, seed * 3 + 1, depth - 1), restless(seed * 5 + 2, depth - 1),
                                       call(restless, seed * 7 + 3, depth - 1));
  if (seed % 5 == 0) co_await sleep_for(1us);
  co_return a + b + c;
}

struct stack_use {
  std::uintptr_t lowest = UINTPTR_MAX, highest = 0;
  [[gnu::noinline]] void note() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    lowest = std::min(lowest, here);
    highest = std::max(highest, here);
  }
  [[nodiscard]] std::uintptr_t bytes() const { return highest - lowest; }
};

task<int> nested(stack_use& stack, int depth) {
  stack.note();
  if (depth == 0) co_return 0;
  const auto empty = []() -> task<int> { co_return 0; };
  const auto [below, nothing] = co_await fork(call(nested, std::ref(stack), depth - 1), call(empty));
  stack.note();
  co_return below + 1 + nothing;
}

/// As nested, but every level awaits something that is ready before it forks.
task<int> nested_and_ready(stack_use& stack, int depth) {
  stack.note();
  co_await sleep_until(std::chrono::steady_clock::time_point{});
  if (depth == 0) co_return 0;
  const auto ready = []() -> task<int> { co_return 1; };
  const int one = co_await ready();
  const auto [below] = co_await fork(call(nested_and_ready, std::ref(stack), depth - one));
  stack.note();
  co_return below + 1;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "fork: every task runs once, on 1, 2 and 4 workers, and the frames balance [D9]") {
  for (const unsigned workers : {1U, 2U, 4U}) {
    balanced_runtime rt{workers};
    const auto before = detail::frames_made();
    CHECK(block_on(*rt, fib(22)) == 17711);
    CHECK(detail::frames_made() - before == 57313);  // 2 * fib(23) - 1
    CHECK(rt.idle_stats().tasks_started == 1);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "fork: suspensions anywhere in a tree, with thieves about") {
  for (const unsigned workers : {1U, 2U, 4U}) {
    balanced_runtime rt{workers};
    for (int i = 0; i < weir_test::stress::rounds(20); ++i)
      CHECK(block_on(*rt, restless(static_cast<unsigned>(i), 6)) == 729);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "fork: a million nested forks use at most 64 KiB of one worker's stack [D14]") {
  balanced_runtime rt{1};
  stack_use stack;
  CHECK(block_on(*rt, nested(stack, 1'000'000)) == 1'000'000);
  MESSAGE("bytes of stack: ", stack.bytes());
  CHECK(stack.bytes() <= 64 * 1024);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: awaits between nested forks do not let the stack grow either [D14]") {
  balanced_runtime rt{1};
  stack_use stack;
  const int depth = weir_test::stress::sanitized ? 2'000 : 20'000;
  CHECK(block_on(*rt, nested_and_ready(stack, depth)) == depth);
  CHECK(stack.bytes() <= 64 * 1024);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: what is forked is visible to the other worker behind a long leaf [D2]") {
  balanced_runtime rt{2};
  std::atomic<int> here{0};
  // Every child waits, without an await, until both are running: the second cannot be hidden behind the first.
  const auto meet = [&here](std::size_t) -> task<> {
    here.fetch_add(1);
    while (here.load() < 2) std::this_thread::yield();
    co_return;
  };
  const auto body = [](auto& m) -> task<> { co_await fork<2>(std::ref(m)); };
  for (int round = 0; round < 10; ++round) {
    here = 0;
    block_on(*rt, body(meet));
  }
}

TEST_CASE_FIXTURE(no_frames_left, "fork: nested rests on one stack reach the other worker behind a long leaf [D2]") {
  balanced_runtime rt{2};
  std::atomic<int> here{0};
  struct tree {
    static task<> meet(std::atomic<int>& n) {
      n.fetch_add(1);
      while (n.load() < 2) std::this_thread::yield();
      co_return;
    }
    static task<> grow(std::atomic<int>& n, int depth) {
      if (depth == 0) co_return co_await meet(n);
      co_await fork(call(grow, std::ref(n), depth - 1), call(meet, std::ref(n)));
    }
  };
  for (int round = 0; round < 10; ++round) {
    here = 0;
    block_on(*rt, tree::grow(here, 3));
  }
}

TEST_CASE_FIXTURE(no_frames_left, "fork: exceptions from stolen children arrive, after all have ended") {
  weir_test::expect_stderr_reports();
  balanced_runtime rt{4};
  std::atomic<int> ended{0};
  const auto child = [&ended](std::size_t i) -> task<int> {
    struct leave {
      std::atomic<int>& n;
      ~leave() { n.fetch_add(1); }
    } const out{ended};
    if (i % 3 == 1) co_await sleep_for(50us);
    if (i % 3 != 0) throw std::runtime_error{"child"};
    co_return 0;
  };
  const auto body = [](auto& c) -> task<> { (void)co_await fork<9>(std::ref(c)); };
  for (int i = 0; i < weir_test::stress::rounds(200); ++i) {
    ended = 0;
    CHECK_THROWS_WITH_AS(block_on(*rt, body(child)), "child", std::runtime_error);
    CHECK(ended.load() == 9);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "fork: children wait for I/O while their siblings write it") {
  balanced_runtime rt{2};
  const auto body = []() -> task<std::size_t> {
    auto [reader, writer] = make_pipe();
    const auto read = [](pipe_reader& from) -> task<std::size_t> {
      std::array<std::byte, 16> buffer;
      std::size_t n = 0;
      while (n < 6) n += co_await from.read_some(buffer);
      co_return n;
    };
    const auto write = [](pipe_writer& to) -> task<> { co_await to.write_all(std::as_bytes(std::span{"hello"})); };
    const auto [n, done] = co_await fork(call(read, std::ref(reader)), call(write, std::ref(writer)));
    co_return n;
  };
  for (int i = 0; i < 100; ++i) CHECK(block_on(*rt, body()) == 6);
}

TEST_CASE_FIXTURE(no_frames_left, "fork: from a task at home on the reactor, in order, there") {
  balanced_runtime rt{2};
  std::vector<int> log;
  const auto body = [](std::vector<int>& l) -> task<> {
    const auto child = [](std::vector<int>& out, int v, std::thread::id reactor) -> task<> {
      CHECK(std::this_thread::get_id() == reactor);
      out.push_back(v);
      co_await sleep_for(1ms);
      CHECK(std::this_thread::get_id() == reactor);
    };
    const auto id = std::this_thread::get_id();
    co_await fork(call(child, std::ref(l), 1, id), call(child, std::ref(l), 2, id), call(child, std::ref(l), 3, id));
    CHECK(std::this_thread::get_id() == id);
  };
  block_on(*rt, body(log), {.where = home::io});
  CHECK(log == std::vector{1, 2, 3});
}

TEST_CASE_FIXTURE(no_frames_left, "fork: a stop reaches every forked child, started or not") {
  balanced_runtime rt{2};
  for (int i = 0; i < weir_test::stress::rounds(100); ++i) {
    std::stop_source source;
    std::atomic<int> cancelled{0};
    const auto child = [&cancelled](std::size_t) -> task<> {
      try {
        co_await sleep_for(1h);
      } catch (const operation_cancelled&) {
        cancelled.fetch_add(1);
        throw;
      }
    };
    const auto parent = [](auto& c) -> task<> { (void)co_await fork<8>(std::ref(c)); };
    const auto body = [](std::stop_token t, auto p, auto& c) -> task<> { co_await with_stop(t, p(c)); };
    std::jthread stopper{[&] { source.request_stop(); }};
    CHECK_THROWS_AS(block_on(*rt, body(source.get_token(), parent, child)), operation_cancelled);
    CHECK(cancelled.load() == 8);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "fork: shutdown discards forks in flight without losing one") {
  for (int i = 0; i < weir_test::stress::rounds(50); ++i) {
    runtime rt{weir_test::with_threads(2)};
    const auto body = []() -> task<> {
      for (unsigned k = 0;; ++k) {
        (void)co_await restless(k, 4);
        co_await checkpoint();
      }
    };
    auto ended = spawn(rt, body());
    auto computing = spawn(rt, fib(16));
    const auto report = rt.shutdown(shutdown_mode::discard, 10s);
    CHECK(report.in_time);
    CHECK_THROWS_AS(ended.get(), operation_cancelled);
    CHECK(computing.get() == 987);
    const auto stats = rt.stats();
    CHECK(stats.tasks_started == stats.tasks_ok + stats.tasks_failed + stats.tasks_cancelled);
  }
}

TEST_CASE_FIXTURE(no_frames_left, "fork: beside function forks and submitted jobs on the same workers") {
  balanced_runtime rt{4};
  const auto leaf = [](executor cpu, std::size_t i) -> task<long> {
    std::atomic<long> sum{0};
    parallel_for(cpu, std::size_t{0}, std::size_t{100},
                 [&sum, i](std::size_t k) { sum.fetch_add(static_cast<long>(k + i)); });
    auto job = cpu.submit([] { return 1L; });
    co_return sum.load() + co_await std::move(job);
  };
  const auto body = [](executor cpu, auto l) -> task<long> {
    const auto child = [&cpu, &l](std::size_t i) { return l(cpu, i); };
    long sum = 0;
    for (const long s : co_await fork<8>(child)) sum += s;
    co_return sum;
  };
  for (int i = 0; i < 20; ++i) CHECK(block_on(*rt, body(rt.cpu(), leaf)) == 8 * 4951 + 100 * 28);
}
