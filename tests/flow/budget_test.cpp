// The budget: awaits that never have to wait let the others run. Each of these loops would hang without it.
#include "coro/calls.hpp"

#include <atomic>
#include <ranges>

#include <weir/async_event.hpp>
#include <weir/async_mutex.hpp>
#include <weir/channel.hpp>
#include <weir/limiter.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/streams.hpp>
#include <weir/task_group.hpp>
#include <weir/when.hpp>

using namespace coro_test;
using testing::manual_runtime;

namespace {

task<> raise(std::atomic<bool>& flag) {
  flag = true;
  co_return;
}

/// Runs loop(flag), which ends when the flag is raised, before the task that raises it, on one thread.
template <class Loop>
void starves_nobody(Loop loop) {
  std::atomic<bool> flag{false};
  manual_runtime rt;
  auto both = [&]() -> task<> { co_await when_all(loop(flag), raise(flag)); };
  rt.block_on(both());
  CHECK(flag);
  flag = false;
  runtime real{{.threads = 1}};
  real.block_on(both());
  CHECK(flag);
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "budget: a loop over permits that are always there [row 16]") {
  limiter lim{2};
  starves_nobody([&](std::atomic<bool>& flag) -> task<> {
    while (!flag) static_cast<void>(co_await lim.acquire());
  });
}

TEST_CASE_FIXTURE(no_frames_left, "budget: a loop over an event that is set, a mutex that is free [row 16]") {
  async_event set{true};
  async_mutex free;
  starves_nobody([&](std::atomic<bool>& flag) -> task<> {
    while (!flag) {
      co_await set.wait();
      static_cast<void>(co_await free.lock());
    }
  });
}

TEST_CASE_FIXTURE(no_frames_left, "budget: a loop over a channel that always has room and an item [row 16]") {
  channel<int> ch{4};
  starves_nobody([&](std::atomic<bool>& flag) -> task<> {
    while (!flag) {
      co_await ch.send(1);
      static_cast<void>(co_await ch.receive());
    }
  });
}

TEST_CASE_FIXTURE(no_frames_left, "budget: a loop over a stream that always has an item [row 16]") {
  starves_nobody([](std::atomic<bool>& flag) -> task<> {
    auto loop = [&flag](auto in) -> task<> {
      while (!flag) CHECK(co_await in.next());
    };
    co_await with_stream(from(std::views::iota(0)), loop);
  });
}

TEST_CASE_FIXTURE(no_frames_left, "budget: a loop of children that end at once [row 16]") {
  starves_nobody([](std::atomic<bool>& flag) -> task<> {
    auto body = [&flag](task_group& g) -> task<> {
      auto child = []() -> task<> { co_return; };
      while (!flag) co_await g.spawn(child());
    };
    co_await with_group({.limit = par{4}}, body);
  });
}
