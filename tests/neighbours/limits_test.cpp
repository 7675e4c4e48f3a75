// Beside hard limits: many workers on few processors; a fifth of a processor (run by quota_test.py in a real cgroup).
#include <weir/weir.hpp>

#include <atomic>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"

using namespace weir_test;

namespace {

// Posts, futures, forks, a bulk, timers and tasks, each counted.
void a_bit_of_everything(balanced_runtime& rt) {
  std::atomic<int> ran{0};
  for (int i = 0; i < 500; ++i) rt.cpu().post([&] { ++ran; });
  rt.cpu().submit_bulk(500, [&](std::size_t) { ++ran; }).get();
  weir::parallel_for(rt.cpu(), 0, 500, [&](int) { ++ran; });
  rt.cpu().submit([&] { weir::parallel_for(rt.cpu(), 0, 500, [&](int) { ++ran; }); }).get();
  rt.cpu().post_after(std::chrono::milliseconds{1}, [&] { ++ran; });
  const auto sleeps = [](std::atomic<int>& count) -> weir::task<void> {
    co_await weir::sleep_for(std::chrono::milliseconds{1});
    ++count;
  };
  weir::spawn(rt->io(), sleeps(ran)).get();
  weir::spawn(rt->cpu(), sleeps(ran)).get();
  until([&] { return ran == 2003; });
  rt->wait_idle();
  CHECK(ran == 2003);
}

}  // namespace

TEST_CASE("neighbours: 64 workers on few processors do all kinds of work, again and again from idle") {
  balanced_runtime rt{64};
  for (int round = 0; round < 20; ++round) a_bit_of_everything(rt);
  CHECK(rt->stats().workers == 64);
}

TEST_CASE("neighbours child: under a quota of 20 % there is one worker, and more do as well" * doctest::skip()) {
  {
    balanced_runtime rt{weir::runtime_options{}};
    CHECK(rt->stats().workers == 1);
    for (int round = 0; round < 20; ++round) a_bit_of_everything(rt);
  }
  balanced_runtime rt{4};
  for (int round = 0; round < 20; ++round) a_bit_of_everything(rt);
}
