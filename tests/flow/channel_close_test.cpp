// channel in virtual time: how it ends, and what becomes of slots that are out.
#include "flow/channel_tasks.hpp"

#include <memory>
#include <vector>

#include <weir/channel.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>
#include <weir/this_task.hpp>

using namespace flow_test;
using testing::manual_runtime;

TEST_CASE_FIXTURE(no_frames_left, "channel: close with an error: after the buffer, to every receive") {
  manual_runtime rt;
  channel<int> ch{4};
  auto body = [&]() -> task<> {
    co_await ch.send(1);
    ch.close(std::make_exception_ptr(std::runtime_error{"source failed"}));
    ch.close();
    CHECK(*co_await ch.receive() == 1);
    for (int i = 0; i < 2; ++i) {
      try {
        co_await ch.receive();
        FAIL("no error");
      } catch (const std::runtime_error& e) {
        CHECK(std::string{e.what()} == "source failed");
      }
    }
    CHECK_THROWS_AS(static_cast<void>(ch.try_receive()), std::runtime_error);
  };
  rt.block_on(body());
}

TEST_CASE_FIXTURE(no_frames_left, "channel: close wakes who waits: receivers end, senders keep their values [case 6]") {
  manual_runtime rt;
  channel<counted> none{4};
  channel<counted> full{1};
  int ended = 0, refused = 0;
  auto receiver = [&]() -> task<> {
    if (!co_await none.receive()) ++ended;
  };
  auto sender = [&]() -> task<> {
    counted mine{1};
    try {
      co_await full.send(std::move(mine));
    } catch (const channel_closed&) {
      ++refused;
    }
  };
  auto fn = [&](task_group& g) -> task<> {
    for (int i = 0; i < 3; ++i) co_await g.spawn(receiver());
    for (int i = 0; i < 3; ++i) co_await g.spawn(sender());
    co_await sleep_for(1ms);
    none.close();
    full.close();
  };
  in_group(rt, fn);
  CHECK(ended == 3);
  CHECK(refused == 2);
  CHECK(full.size() == 1);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: abort discards the buffer through the hook, once each, and ends both sides") {
  manual_runtime rt;
  std::vector<int> lost;
  {
    channel<int> ch{4, {}, {.on_undelivered = [&](int&& v) { lost.push_back(v); }}};
    auto fn = [&](task_group& g) -> task<> {
      for (int i = 0; i < 4; ++i) co_await ch.send(i);
      auto s = [&]() -> task<> {
        try {
          co_await ch.send(9);
          FAIL("sent");
        } catch (const channel_closed&) {
        }
      };
      co_await g.spawn(s());
      co_await sleep_for(1ms);
      ch.close();
      ch.abort();
      ch.abort();
      CHECK_FALSE(co_await ch.receive());
    };
    in_group(rt, fn);
    CHECK(lost == std::vector<int>{0, 1, 2, 3});
    CHECK(ch.stats().discarded == 4);
    check_balance(ch);
  }
  {
    channel<int> left{2, {}, {.on_undelivered = [&](int&& v) { lost.push_back(v); }}};
    CHECK(left.try_send(7));
  }
  CHECK(lost.back() == 7);
  CHECK(lost.size() == 5);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: a slot reserved before close is still delivered; dropping it ends the receiver [case 4]") {
  manual_runtime rt;
  channel<int> ch{2};
  std::vector<int> got;
  auto fn = [&](task_group& g) -> task<> {
    slots<int> two = co_await ch.reserve(2);
    CHECK(ch.stats().reserved == 2);
    CHECK_FALSE(ch.try_send(9));
    co_await g.spawn(drain(ch, got));
    ch.close();
    co_await sleep_for(1ms);
    CHECK(ch.stats().waiting_receivers == 1);  // a slot is out
    two.send(1);
    co_await sleep_for(1ms);
    CHECK(got == std::vector<int>{1});
    CHECK_FALSE(ch.ended());
    two.release();
    CHECK(ch.ended());
  };
  in_group(rt, fn);
  CHECK(got == std::vector<int>{1});
}

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: reserve waits in line with the senders; at capacity 0 it waits for a receiver") {
  manual_runtime rt;
  channel<int> ch{2};
  channel<int> none{0};
  std::vector<int> got;
  auto reserves = [](channel<int>& c, std::size_t n, int v) -> task<> {
    slots<int> s = co_await c.reserve(n);
    co_await sleep_for(1ms);
    s.send(std::move(v));
  };
  auto fn = [&](task_group& g) -> task<> {
    CHECK(ch.try_send(1));
    co_await g.spawn(reserves(ch, 2, 2));  // needs both
    co_await g.spawn(send_range(ch, 3, 4));
    co_await sleep_for(1ms);
    CHECK(ch.stats().waiting_senders == 2);
    CHECK(*ch.try_receive() == 1);
    CHECK(ch.stats().reserved == 2);
    co_await sleep_for(2ms);
    CHECK(*co_await ch.receive() == 2);
    CHECK(*co_await ch.receive() == 3);
    co_await g.spawn(reserves(none, 1, 5));
    co_await sleep_for(1ms);
    CHECK(none.stats().reserved == 0);
    CHECK(*co_await none.receive() == 5);
  };
  in_group(rt, fn);
  auto bad = [&](std::size_t n) -> task<> { static_cast<void>(co_await ch.reserve(n)); };
  CHECK_THROWS_AS(rt.block_on(bad(3)), std::invalid_argument);
  CHECK_THROWS_AS(rt.block_on(bad(0)), std::invalid_argument);
}
