// Tasks that belong to the runtime and outlive whoever started them.
#include "coro/fixture.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/channel.hpp>
#include <weir/error.hpp>
#include <weir/runtime.hpp>
#include <weir/spawn.hpp>
#include <weir/this_task.hpp>
#include <weir/timer.hpp>

using namespace weir;
using namespace std::chrono_literals;
using coro_test::no_frames_left;

namespace {

struct sink {
  void operator()(const report& r) {
    const std::lock_guard lock{mutex};
    lines.push_back(std::string{to_string(r.kind)} + " " + std::string{r.name} + " " + std::string{r.message});
  }
  std::mutex mutex;
  std::vector<std::string> lines;
};

task<> wait_for_ever(channel<int>& never) { static_cast<void>(co_await never.receive()); }

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "background: a task may outlive the one that started it; a drain waits for it") {
  channel<int> go{1};
  std::atomic<bool> ran{false};
  runtime rt{{.threads = 1}};
  auto later = [&]() -> task<> {
    CHECK(co_await go.receive() == 1);
    ran = true;
  };
  auto starter = [&]() -> task<> {
    background(co_await current_runtime(), later(), "later");
    co_return;
  };
  rt.block_on(starter());
  CHECK_FALSE(ran);
  go.send_blocking(1);
  const shutdown_report r = rt.shutdown(shutdown_mode::drain);
  CHECK(ran);
  CHECK(r.tasks_cancelled == 0);
}

TEST_CASE_FIXTURE(no_frames_left, "background: what is left when the runtime ends is cancelled and listed by name") {
  sink heard;
  channel<int> never{1};
  {
    runtime rt{{.threads = 1, .on_report = std::ref(heard)}};
    background(rt, wait_for_ever(never), "poller");
    background(rt, wait_for_ever(never), "flusher");
    auto ended = []() -> task<> { co_return; };
    auto out = []() -> task<> { co_await checkpoint(); };
    background(rt, ended(), "done");
    rt.block_on(out());
    while (never.stats().waiting_receivers != 2) rt.block_on(out());
  }
  REQUIRE(heard.lines.size() == 1);
  CHECK(heard.lines[0].find("2 task(s) still waited") != std::string::npos);
  CHECK(heard.lines[0].find(": flusher, poller") != std::string::npos);
}

TEST_CASE_FIXTURE(no_frames_left, "background: a failure is reported once, with its name") {
  sink heard;
  {
    runtime rt{{.threads = 1, .on_report = std::ref(heard)}};
    auto fails = []() -> task<> {
      co_await checkpoint();
      throw std::runtime_error{"boom"};
    };
    background(rt, fails(), "worker");
    rt.wait_idle();
    CHECK(rt.stats().tasks_failed == 1);
  }
  REQUIRE(heard.lines.size() == 1);
  CHECK(heard.lines[0] == "unhandled_exception worker a background task ended with an exception");
}
