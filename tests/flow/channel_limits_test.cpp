// channel: overflow policies, bytes, age, watermarks, live capacity.
#include "coro/calls.hpp"

#include <string>
#include <vector>

#include <weir/channel.hpp>
#include <weir/stop.hpp>
#include <weir/task_group.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

struct blob {
  int id;
  std::size_t size;
  friend std::size_t item_bytes(const blob& b) noexcept { return b.size; }
};

struct outcome_of_four {
  std::vector<int> kept, lost;
};

/// Capacity 2, sends 1, 2, 3, 4.
outcome_of_four four_into_two(overflow policy, bool many) {
  manual_runtime rt;
  outcome_of_four r;
  channel<int> ch{2, {.on_full = policy}, {.on_undelivered = [&](int&& v) { r.lost.push_back(v); }}};
  auto body = [&]() -> task<> {
    std::vector<int> all{1, 2, 3, 4};
    if (many)
      CHECK(co_await ch.send_many(all) == 4);
    else
      for (int v : all) co_await ch.send(v);
    while (const auto v = ch.try_receive()) r.kept.push_back(*v);
  };
  rt.block_on(body());
  const auto s = ch.stats();
  CHECK(s.accepted == 4);
  CHECK(s.discarded == r.lost.size());
  CHECK(s.received == r.kept.size());
  return r;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: capacity 2, four items: exact survivors and victims under each policy [case 12]") {
  for (const bool many : {false, true}) {
    const auto oldest = four_into_two(overflow::drop_oldest, many);
    CHECK(oldest.kept == std::vector<int>{3, 4});
    CHECK(oldest.lost == std::vector<int>{1, 2});
    const auto newest = four_into_two(overflow::drop_newest, many);
    CHECK(newest.kept == std::vector<int>{1, 2});
    CHECK(newest.lost == std::vector<int>{3, 4});
    const auto latest = four_into_two(overflow::conflate, many);
    CHECK(latest.kept == std::vector<int>{1, 4});
    CHECK(latest.lost == std::vector<int>{2, 3});
  }
  manual_runtime rt;
  channel<int> fails{2, {.on_full = overflow::fail}};
  auto body = [&]() -> task<> {
    std::vector<int> all{1, 2, 3, 4};
    CHECK(co_await fails.send_many(all) == 2);
  };
  rt.block_on(body());
  CHECK(fails.stats().discarded == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: bytes bound what is buffered; an item over the limit fails at once [FLOW 21]") {
  manual_runtime rt;
  channel<blob> ch{1000, {.name = "b", .bytes = 100}};
  std::vector<int> got;
  auto send = [&](int id, std::size_t size) -> task<> { co_await ch.send(blob{id, size}); };
  auto fn = [&](task_group& g) -> task<> {
    CHECK(ch.try_send(blob{1, 60}));
    CHECK(ch.stats().bytes == 60);
    CHECK_THROWS_AS(static_cast<void>(ch.try_send(blob{9, 101})), std::invalid_argument);
    co_await g.spawn(send(2, 60));
    co_await g.spawn(send(3, 10));  // would fit, but stands behind 2
    co_await sleep_for(1ms);
    CHECK(ch.stats().waiting_senders == 2);
    CHECK(ch.try_receive()->id == 1);
    CHECK(ch.stats().bytes == 70);
    slots<blob> s = co_await ch.reserve(2, 30);
    CHECK(ch.stats().bytes == 100);
    CHECK_FALSE(ch.try_send(blob{9, 1}));
    s.send(blob{4, 10});
    CHECK_THROWS_AS((s.send(blob{9, 21})), std::invalid_argument);
    s.send(blob{5, 5});
    CHECK(ch.stats().bytes == 85);
    CHECK(ch.stats().reserved == 0);
    std::vector<blob> all{{6, 50}, {7, 15}, {8, 40}};
    ch.close();
    CHECK(co_await ch.send_many(all) == 0);
    while (auto b = co_await ch.receive()) got.push_back(b->id);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{10}}, std::ref(fn)); };
  rt.block_on(body());
  CHECK(got == std::vector<int>{2, 3, 4, 5});
  CHECK(ch.stats().bytes == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "channel: drop_oldest with bytes drops as many as the new item needs") {
  std::vector<int> lost;
  channel<blob> ch{10, {.on_full = overflow::drop_oldest, .bytes = 100}, {.on_undelivered = [&](blob&& b) {
                     lost.push_back(b.id);
                   }}};
  for (int i = 1; i <= 4; ++i) CHECK(ch.try_send(blob{i, 25}));
  CHECK(ch.try_send(blob{5, 60}));
  CHECK(lost == std::vector<int>{1, 2, 3});
  CHECK(ch.stats().bytes == 85);
  CHECK(ch.stats().discarded == 3);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "channel: age: block stops admission while the oldest is too old; shedding expires items") {
  manual_runtime rt;
  std::vector<int> lost;
  channel<int> blocks{10, {.age = 200ms, .clock = runtime_handle{rt}}};
  channel<int> sheds{10,
                     {.on_full = overflow::drop_oldest, .age = 200ms, .clock = runtime_handle{rt}},
                     {.on_undelivered = [&](int&& v) { lost.push_back(v); }}};
  auto late = [&](int v) -> task<> { co_await blocks.send(v); };
  auto fn = [&](task_group& g) -> task<> {
    co_await blocks.send(1);
    co_await sheds.send(1);
    co_await sleep_for(150ms);
    co_await blocks.send(2);
    co_await sheds.send(2);
    co_await sleep_for(100ms);
    CHECK(blocks.stats().oldest_ns == 250'000'000);
    co_await g.spawn(late(3));
    co_await sleep_for(1ms);
    CHECK(blocks.stats().waiting_senders == 1);
    CHECK(*co_await blocks.receive() == 1);  // 2 is 101 ms old: 3 may come
    CHECK(blocks.stats().waiting_senders == 0);
    CHECK(sheds.size() == 2);
    CHECK(*co_await sheds.receive() == 2);
    CHECK(lost == std::vector<int>{1});
    co_await sheds.send(4);
    CHECK(sheds.stats().oldest_ns == 0);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{10}}, std::ref(fn)); };
  rt.block_on(body());
  CHECK(sheds.stats().discarded == 1);
}

TEST_CASE("channel: watermarks: once per crossing, high and low in turn [FLOW 23]") {
  std::string events;
  channel<int> ch{10, {.high = 8, .low = 3}, {.on_high = [&] { events += 'H'; }, .on_low = [&] { events += 'L'; }}};
  for (int i = 0; i < 8; ++i) CHECK(ch.try_send(i));
  CHECK(events == "H");
  for (int i = 0; i < 3; ++i) CHECK(ch.try_receive());
  for (int i = 0; i < 4; ++i) CHECK(ch.try_send(i));  // 9, above high again, but low was not reached
  CHECK(events == "H");
  for (int i = 0; i < 9; ++i) CHECK(ch.try_receive());
  CHECK(events == "HL");
  for (int i = 0; i < 10; ++i) CHECK(ch.try_send(i));
  CHECK(events == "HLH");
}

TEST_CASE("channel: a hook may use its channel") {
  std::vector<int> lost;
  channel<int>* self = nullptr;
  std::string events;
  channel<int> ch{2,
                  {.on_full = overflow::drop_oldest},
                  {.on_undelivered =
                       [&](int&& v) {
                         lost.push_back(v);
                         if (v == 1) CHECK(*self->try_receive() == 2);
                       },
                   .on_high =
                       [&] {
                         events += 'H';
                         while (self->try_receive()) {
                         }
                       },
                   .on_low = [&] { events += 'L'; }}};
  self = &ch;
  CHECK(ch.try_send(1));
  CHECK(ch.try_send(2));
  CHECK(events == "HL");
  CHECK(ch.size() == 0);
  CHECK(ch.try_send(3));
  CHECK(lost.empty());
}

TEST_CASE_FIXTURE(no_frames_left, "channel: live capacity: raising admits who waits, lowering loses nothing") {
  manual_runtime rt;
  channel<int> ch{2};
  int sent = 0;
  auto producer = [&]() -> task<> {
    for (int i = 0; i < 20; ++i) {
      co_await ch.send(i);
      ++sent;
    }
  };
  auto fn = [&](task_group& g) -> task<> {
    co_await g.spawn(producer());
    co_await sleep_for(1ms);
    CHECK(sent == 2);
    ch.set_capacity(10);
    co_await sleep_for(1ms);
    CHECK(sent == 10);
    ch.set_capacity(4);
    for (int i = 0; i < 7; ++i) CHECK(*ch.try_receive() == i);
    CHECK(ch.size() == 4);  // 7 to 9, and the one that waited
    CHECK_THROWS_AS(ch.set_capacity(0), std::invalid_argument);
    for (int i = 7; i < 20; ++i) CHECK(*co_await ch.receive() == i);
  };
  auto body = [&]() -> task<> { co_await with_group({.limit = par{10}}, std::ref(fn)); };
  rt.block_on(body());
}
