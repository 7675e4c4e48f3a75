// The promises of channel and limiter with real threads: tasks on workers, plain threads, stops and closes beside them.
#include "coro/fixture.hpp"

#include <atomic>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include <weir/channel.hpp>
#include <weir/limiter.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/stop.hpp>
#include <weir/this_task.hpp>

#include "support/stress.hpp"

using namespace weir;
using coro_test::no_frames_left;
namespace stress = weir_test::stress;

namespace {

struct stamped {
  int producer, number;
};

template <class T>
task<T> under(std::stop_token token, task<T> work) {
  co_return co_await with_stop(std::move(token), std::move(work));
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "race: capacity 3, many senders and receivers: every item once, in each producer's order, never more "
                  "than 3 [case 1]") {
  runtime rt{{.threads = 2}};
  constexpr int producers = 4, consumers = 4;
  const int each = stress::rounds(25'000);
  channel<stamped> ch{3};
  std::atomic<long> sum{0}, count{0};
  std::atomic<int> out_of_order{0};
  auto produce = [&](int p) -> task<> {
    for (int i = 0; i < each; ++i) co_await ch.send(stamped{p, i});
  };
  auto consume = [&]() -> task<> {
    std::vector<int> last(producers, -1);
    while (const auto v = co_await ch.receive()) {
      if (last[static_cast<std::size_t>(v->producer)] >= v->number) ++out_of_order;
      last[static_cast<std::size_t>(v->producer)] = v->number;
      sum += v->number, ++count;
    }
  };
  std::vector<future<void>> sending, receiving;
  for (int i = 0; i < consumers; ++i) receiving.push_back(spawn(rt, consume()));
  for (int i = 0; i < producers; ++i) sending.push_back(spawn(rt, produce(i)));
  for (auto& f : sending) f.get();
  ch.close();
  for (auto& f : receiving) f.get();
  CHECK(count == long{producers} * each);
  CHECK(sum == long{producers} * each * (each - 1) / 2);
  CHECK(out_of_order == 0);
  const auto s = ch.stats();
  CHECK(s.peak <= 3);
  CHECK(s.accepted == s.received);
}

TEST_CASE_FIXTURE(no_frames_left, "race: the buffer grows and shrinks while both sides wait: nobody is forgotten") {
  runtime rt{{.threads = 2}};
  const int n = stress::rounds(50'000);
  channel<int> ch{1};
  std::atomic<bool> over{false};
  auto produce = [&]() -> task<> {
    for (int i = 0; i < n; ++i) co_await ch.send(int{i});
    ch.close();
  };
  auto consume = [&]() -> task<bool> {
    int next = 0;
    while (const auto v = co_await ch.receive())
      if (*v != next++) co_return false;
    co_return next == n;
  };
  auto whole = spawn(rt, consume());
  auto sent = spawn(rt, produce());
  std::jthread sizes{[&] {
    for (std::size_t c = 1; !over; c = c * 5 % 1023 + 1) ch.set_capacity(c);
  }};
  CHECK(whole.get());
  sent.get();
  over = true;
}

TEST_CASE("race: capacity 4, four threads: after one's own send a try_receive succeeds [case 8]") {
  channel<int> ch{4};
  std::atomic<int> missed{0};
  const int each = stress::rounds(25'000);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < each; ++i) {
          ch.send_blocking(int{i});
          if (!ch.try_receive()) ++missed;
        }
      });
  }
  CHECK(missed == 0);
  CHECK(ch.size() == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "race: a stop beside a delivery: the item goes to the receiver or stays, never both, never lost") {
  runtime rt{{.threads = 2}};
  channel<std::unique_ptr<int>> ch{1};
  std::stop_source stop;
  future<int> waiting;
  int delivered = 0, cancelled = 0, left = 0;
  auto receive = [&]() -> task<int> { co_return **co_await ch.receive(); };
  stress::race(
      stress::rounds(20'000),
      [&](int) {
        stop = std::stop_source{};
        waiting = spawn(rt, under(stop.get_token(), receive()));
      },
      [&](int i) {
        try {
          const int got = waiting.get();
          REQUIRE(got == i);
          ++delivered;
        } catch (const operation_cancelled&) {
          ++cancelled;
          const auto still = ch.try_receive();
          REQUIRE(still.has_value());
          REQUIRE(**still == i);
          ++left;
        }
        REQUIRE(ch.size() == 0);
        REQUIRE(ch.stats().waiting_receivers == 0);
      },
      [&](int i) { REQUIRE(ch.try_send(std::make_unique<int>(i))); }, [&](int) { stop.request_stop(); });
  CHECK(cancelled == left);
  CHECK(delivered + cancelled == stress::rounds(20'000));
}

TEST_CASE("race: a time limit beside a delivery: the thread has the item or it is still there") {
  channel<int> ch{1};
  int delivered = 0, timed_out = 0;
  bool got = false;
  stress::race(
      stress::rounds(5'000), [&](int) { got = false; },
      [&](int) {
        const auto left = ch.try_receive();
        REQUIRE(got != left.has_value());
        ++(got ? delivered : timed_out);
      },
      [&](int i) {
        try {
          got = ch.receive_blocking(std::chrono::steady_clock::now() + std::chrono::microseconds{i % 60}).has_value();
        } catch (const operation_timed_out&) {
        }
      },
      [&](int i) { REQUIRE(ch.try_send(i)); });
  CHECK(delivered + timed_out == stress::rounds(5'000));
}

TEST_CASE_FIXTURE(no_frames_left,
                  "race: close beside sends: accepted is delivered, refused stays with the sender [case 6]") {
  runtime rt{{.threads = 2}};
  std::optional<channel<std::unique_ptr<int>>> ch;
  std::vector<future<bool>> sends;
  auto send = [&](int v) -> task<bool> {
    auto mine = std::make_unique<int>(v);
    try {
      co_await ch->send(std::move(mine));
    } catch (const channel_closed&) {
      co_return mine == nullptr;  // false: it is still here
    }
    co_return mine == nullptr;
  };
  stress::race(
      stress::rounds(4'000), [&](int) { ch.emplace(2), sends.clear(); },
      [&](int) {
        int accepted = 0, received = 0;
        while (ch->try_receive()) ++received;
        for (auto& f : sends) accepted += f.get() ? 1 : 0;
        while (ch->try_receive()) ++received;
        REQUIRE(accepted == received);
        REQUIRE(ch->ended());
        REQUIRE(ch->stats().waiting_senders == 0);
      },
      [&](int i) {
        for (int k = 0; k < 4; ++k) sends.push_back(spawn(rt, send(i + k)));
      },
      [&](int) { ch->close(); });
  sends.clear();
}

TEST_CASE_FIXTURE(no_frames_left, "race: a slot dropped or used beside close ends the receiver once [case 4]") {
  runtime rt{{.threads = 2}};
  std::optional<channel<int>> ch;
  slots<int> slot;
  future<int> receiver;
  auto reserve = [&]() -> task<> { slot = co_await ch->reserve(); };
  auto receive = [&]() -> task<int> {
    int n = 0;
    while (co_await ch->receive()) ++n;
    co_return n;
  };
  stress::race(
      stress::rounds(4'000),
      [&](int) {
        ch.emplace(1);
        rt.block_on(reserve());
        receiver = spawn(rt, receive());
      },
      [&](int i) { REQUIRE(receiver.get() == i % 2); },
      [&](int i) {
        if (i % 2 == 1) slot.send(int{i});
        slot.release();
      },
      [&](int) { ch->close(); }, [&](int) { ch->close(); });
}

TEST_CASE_FIXTURE(no_frames_left, "race: limit 10, 1025 tasks and plain threads: never above 10 [case 13]") {
  runtime rt{{.threads = 2}};
  limiter lim{10};
  std::atomic<int> now{0}, above{0};
  auto work = [&]() -> task<> {
    for (int i = 0; i < 20; ++i) {
      const permit p = co_await lim.acquire();
      if (++now > 10) ++above;
      if (i % 3 == 0) co_await checkpoint();
      --now;
    }
  };
  std::vector<future<void>> all;
  for (int i = 0; i < 1025; ++i) all.push_back(spawn(rt, work()));
  for (int i = 0; i < stress::rounds(2'000); ++i) {
    const permit p = lim.acquire_blocking();
    if (++now > 10) ++above;
    --now;
  }
  for (auto& f : all) f.get();
  CHECK(above == 0);
  CHECK(lim.in_use() == 0);
  CHECK(lim.stats().peak_in_use <= 10);
}

TEST_CASE_FIXTURE(no_frames_left, "race: a stop beside a release: the total is intact, nobody stays behind [case 16]") {
  runtime rt{{.threads = 2}};
  limiter lim{1};
  permit held;
  std::stop_source stop;
  future<bool> first, second;
  int granted = 0;
  auto ask = [&]() -> task<bool> {
    const permit p = co_await lim.acquire();
    co_return true;
  };
  stress::race(
      stress::rounds(20'000),
      [&](int) {
        held = lim.try_acquire();
        REQUIRE(held);
        stop = std::stop_source{};
        first = spawn(rt, under(stop.get_token(), ask()));
        second = spawn(rt, ask());
      },
      [&](int) {
        try {
          granted += first.get() ? 1 : 0;
        } catch (const operation_cancelled&) {
        }
        REQUIRE(second.get());
        REQUIRE(lim.in_use() == 0);
        REQUIRE(lim.waiting() == 0);
      },
      [&](int) { held.release(); }, [&](int) { stop.request_stop(); });
  CHECK(granted <= stress::rounds(20'000));
}

TEST_CASE_FIXTURE(no_frames_left, "race: resize under churn: never above the largest limit, all end") {
  runtime rt{{.threads = 2}};
  limiter lim{4};
  std::atomic<bool> over{false};
  std::atomic<int> now{0}, above{0};
  auto churn = [&](std::size_t n) -> task<> {
    for (int i = 0; i < stress::rounds(3'000); ++i) {
      const permit p = co_await lim.acquire(n);
      if (now.fetch_add(static_cast<int>(n)) + static_cast<int>(n) > 8) ++above;
      now.fetch_sub(static_cast<int>(n));
    }
  };
  std::jthread resizer{[&] {
    for (unsigned i = 0; !over.load(); ++i) lim.set_limit(std::size_t{3} + i % 6);
    lim.set_limit(8);
  }};
  std::vector<future<void>> all;
  for (std::size_t i = 0; i < 6; ++i) all.push_back(spawn(rt, churn(1 + i % 3)));
  for (auto& f : all) f.get();
  over = true;
  CHECK(above == 0);
  CHECK(lim.in_use() == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "race: blocking calls on a runtime's own thread are refused") {
  runtime rt{{.threads = 1}};
  channel<int> ch{1};
  limiter lim{1};
  auto body = [&]() -> task<> {
    CHECK_THROWS_AS(static_cast<void>(ch.receive_blocking()), would_deadlock);
    CHECK_THROWS_AS(ch.send_blocking(1), would_deadlock);
    CHECK_THROWS_AS(static_cast<void>(lim.acquire_blocking()), would_deadlock);
    co_return;
  };
  rt.block_on(body());
  CHECK_THROWS_AS(static_cast<void>(ch.receive_blocking(std::chrono::steady_clock::now())), operation_timed_out);
}
