// channel in virtual time: capacity, order, hand-off, closing, cancellation.
#include "flow/channel_tasks.hpp"

#include <memory>
#include <vector>

#include <weir/channel.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/this_task.hpp>

using namespace flow_test;
using testing::manual_runtime;
using box = std::unique_ptr<int>;

namespace {

std::vector<int> iota(int n) {
  std::vector<int> v;
  for (int i = 0; i < n; ++i) v.push_back(i);
  return v;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "channel: capacity 4: the 5th send waits; close drains four, then ends [FLOW 22]") {
  manual_runtime rt;
  channel<int> ch{4};
  std::vector<int> got;
  int sent = 0;
  auto producer = [&]() -> task<> {
    for (int i = 0; i < 5; ++i) {
      co_await ch.send(i);
      ++sent;
    }
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(producer());
    co_await sleep_for(1ms);
    CHECK(sent == 4);
    CHECK(ch.stats().waiting_senders == 1);
    CHECK(*co_await ch.receive() == 0);
    co_await sleep_for(1ms);
    CHECK(sent == 5);
    ch.close();
    ch.close();
    co_await drain(ch, got);
    CHECK_FALSE(co_await ch.receive());
    CHECK(ch.ended());
  };
  in_group(rt, fn);
  CHECK(got == std::vector<int>{1, 2, 3, 4});
  check_balance(ch);
}

TEST_CASE_FIXTURE(no_frames_left, "channel: a producer of 1000/s before a consumer of 10/s is held to it [FLOW 20]") {
  manual_runtime rt;
  channel<int> ch{64};
  auto producer = [&]() -> task<> {
    for (int i = 0;; ++i) {
      co_await ch.send(i);
      co_await sleep_for(1ms);
    }
  };
  std::vector<int> got;
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(producer());
    co_await g.spawn(drain(ch, got, 100ms));
    co_await sleep_for(60s);
    g.cancel();
  };
  in_group(rt, fn);
  const auto s = ch.stats();
  CHECK(s.peak == 64);
  CHECK(s.accepted <= 600 + 1 + 64);
  CHECK(s.senders_blocked_ns >= 58'000'000'000);
  CHECK(got == iota(static_cast<int>(got.size())));
  check_balance(ch);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: every capacity is exact, 0 is a rendezvous, huge ones cost nothing in advance") {
  for (const std::size_t capacity : {1ul, 2ul, 3ul, 31ul, 32ul, 33ul, 1000ul}) {
    channel<int> ch{capacity};
    std::size_t n = 0;
    while (ch.try_send(static_cast<int>(n))) ++n;
    CHECK(n == capacity);
    for (std::size_t i = 0; i < n; ++i) CHECK(*ch.try_receive() == static_cast<int>(i));
    CHECK_FALSE(ch.try_receive());
  }
  for (const std::size_t capacity : {std::size_t{1} << 31, std::size_t{1} << 63, ~std::size_t{0}}) {
    channel<std::uint64_t> ch{capacity};
    for (std::uint64_t i = 0; i < 100'000; ++i) REQUIRE(ch.try_send(i));  // storage grows on the way
    for (std::uint64_t i = 0; i < 100'000; ++i) REQUIRE(*ch.try_receive() == i);
  }
  manual_runtime rt;
  channel<box> none{0};
  auto fn = [&](task_group& g) -> task<> {
    int passed = 0;
    auto send = [&](int v) -> task<> {
      co_await none.send(std::make_unique<int>(v));
      ++passed;
    };
    box mine = std::make_unique<int>(7);
    CHECK_FALSE(none.try_send(std::move(mine)));
    CHECK(mine != nullptr);
    co_await g.spawn(send(1));
    co_await g.spawn(send(2));
    co_await sleep_for(1ms);
    CHECK(passed == 0);
    CHECK(none.size() == 0);
    CHECK(**(co_await none.receive()) == 1);
    CHECK(**none.try_receive() == 2);
    CHECK_FALSE(none.try_receive());
    auto receive = [&]() -> task<int> {
      box b = *co_await none.receive();
      co_return *b;
    };
    auto waiting = co_await g.spawn(receive());
    co_await sleep_for(1ms);
    CHECK(none.try_send(std::move(mine)));
    CHECK_FALSE(none.try_send(std::make_unique<int>(8)));  // the receiver has its item, though it has not resumed
    CHECK(co_await std::move(waiting) == 7);
  };
  in_group(rt, fn);
  CHECK(none.stats().accepted == 3);
  CHECK(none.stats().received == 3);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: what is not accepted stays with the sender: closed, stopped, full, too large") {
  manual_runtime rt;
  channel<box> ch{1};
  channel<box> full{1, {.name = "f", .on_full = overflow::fail}};
  auto body = [&]() -> task<> {
    box a = std::make_unique<int>(1), b = std::make_unique<int>(2);
    co_await ch.send(std::move(a));
    CHECK(a == nullptr);
    auto stuck = [&]() -> task<> { co_await ch.send(std::move(b)); };
    try {
      co_await with_timeout(1ms, stuck());
      FAIL("sent");
    } catch (const operation_timed_out&) {
    }
    CHECK(*b == 2);
    CHECK(ch.stats().waiting_senders == 0);
    co_await full.send(std::make_unique<int>(3));
    try {
      co_await full.send(std::move(b));
      FAIL("sent");
    } catch (const channel_full& e) {
      CHECK(std::string{e.what()} == "weir: channel 'f' is full");
    }
    CHECK(*b == 2);
    ch.close();
    try {
      co_await ch.send(std::move(b));
      FAIL("sent");
    } catch (const channel_closed&) {
    }
    CHECK(*b == 2);
    CHECK_FALSE(ch.try_send(std::move(b)));
    CHECK(*b == 2);
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "channel: waiting senders are served in order, and try_send cannot slip in between") {
  manual_runtime rt;
  channel<int> ch{1};
  std::vector<int> got;
  auto fn = [&](task_group& g) -> task<> {
    co_await ch.send(0);
    for (int i = 1; i < 10; ++i) co_await g.spawn(send_range(ch, i, i + 1));
    co_await sleep_for(1ms);
    for (int i = 0; i < 10; ++i) {
      CHECK(*co_await ch.receive() == i);
      CHECK(ch.try_send(99) == (i == 9));  // before that the head's item is in the buffer already
    }
  };
  in_group(rt, fn);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: waiting receivers are served in order, each item at once; try_receive cannot slip in") {
  manual_runtime rt;
  channel<int> ch{8};
  std::vector<int> order;
  auto one = [&](int id) -> task<> {
    const int v = *co_await ch.receive();
    order.push_back(id * 10 + v);
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 1; i <= 3; ++i) co_await g.spawn(one(i));
    co_await sleep_for(1ms);
    REQUIRE(ch.stats().waiting_receivers == 3);
    for (int v = 1; v <= 3; ++v) {
      CHECK(ch.try_send(v));
      CHECK_FALSE(ch.try_receive());
    }
    CHECK(ch.size() == 0);
  };
  in_group(rt, fn);
  CHECK(order == std::vector<int>{11, 22, 33});
}

TEST_CASE_FIXTURE(no_frames_left, "channel: delivery beats cancellation: an item handed over is returned") {
  manual_runtime rt;
  channel<int> ch{1};
  std::stop_source stop;
  int got = 0;
  bool then_cancelled = false;
  auto receiver = [&]() -> task<> {
    got = *co_await ch.receive();
    try {
      co_await ch.receive();
    } catch (const operation_cancelled&) {
      then_cancelled = true;
    }
  };
  auto stoppable = [&]() -> task<> { co_await with_stop(stop.get_token(), receiver()); };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(stoppable());
    co_await sleep_for(1ms);
    CHECK(ch.try_send(5));
    stop.request_stop();  // the receiver has not resumed yet
    CHECK(ch.try_send(6));
  };
  in_group(rt, fn);
  CHECK(got == 5);
  CHECK(then_cancelled);
  CHECK(*ch.try_receive() == 6);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: send_many and receive_many: order, counts, limits 0, remainders intact [case 10]") {
  manual_runtime rt;
  channel<int> ch{8};
  std::vector<int> got;
  auto producer = [&]() -> task<> {
    std::vector<int> all = iota(100);
    CHECK(co_await ch.send_many(all) == 100);
    CHECK(co_await ch.send_many({}) == 0);
    ch.close();
    std::vector<int> more{1, 2};
    CHECK(co_await ch.send_many(more) == 0);
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(producer());
    co_await sleep_for(1ms);
    CHECK(co_await ch.receive_many(got, 0) == 0);
    CHECK(co_await ch.receive_many(got, 3) == 3);
    for (;;) {
      const std::size_t n = co_await ch.receive_many(got, 5);
      if (n == 0) break;
      CHECK(n <= 5);
    }
  };
  in_group(rt, fn);
  CHECK(got == iota(100));
  channel<box> some{3};
  std::vector<box> boxes;
  for (int i = 0; i < 5; ++i) boxes.push_back(std::make_unique<int>(i));
  std::size_t accepted = 9;
  auto stuck = [&]() -> task<> { accepted = co_await some.send_many(boxes); };
  auto body = [&]() -> task<> { co_await with_timeout(1ms, stuck()); };
  rt.block_on(body());
  CHECK(accepted == 3);
  CHECK(*boxes[3] == 3);
  CHECK(*boxes[4] == 4);
}

TEST_CASE_FIXTURE(no_frames_left, "channel: 100,000 senders that wait and are cancelled leave nothing [case 11]") {
  manual_runtime rt;
  channel<int> ch{1};
  CHECK(ch.try_send(0));
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 100'000; ++i) co_await g.spawn(send_range(ch, 1, 2));
    co_await sleep_for(1ms);
    CHECK(ch.stats().waiting_senders == 100'000);
    g.cancel();
  };
  in_group(rt, fn);
  CHECK(ch.stats().waiting_senders == 0);
  CHECK(ch.size() == 1);
}

TEST_CASE("channel: bad options are named") {
  CHECK_THROWS_AS((channel<int>{0, {.on_full = overflow::drop_oldest}}), std::invalid_argument);
  CHECK_THROWS_AS((channel<int>{1, {.age = 1ms}}), std::invalid_argument);
  CHECK_THROWS_AS((channel<int>{1, {.bytes = 0}}), std::invalid_argument);
  CHECK_THROWS_WITH_AS((channel<int>{4, {.name = "c", .high = 2, .low = 3}}), "weir::channel 'c': low is above high",
                       std::invalid_argument);
}
