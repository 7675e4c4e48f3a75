// Beside user code that blocks: the other workers, timers and I/O go on, and a runtime that cannot is reported.
#include <weir/runtime.hpp>
#include <weir/weir.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

// A timer, a pipe read that finds nothing at first, and a second timer: all on the reactor.
weir::task<int> reactor_work() {
  weir::pipe_ends p = weir::make_pipe();
  std::array<std::byte, 8> in{}, out{};
  const auto later = [](weir::pipe_writer& to, std::span<const std::byte> bytes) -> weir::task<void> {
    co_await weir::sleep_for(2ms);
    co_await to.write_all(bytes);
  };
  const auto now = [](weir::pipe_reader& from, std::span<std::byte> bytes) -> weir::task<std::size_t> {
    co_return co_await from.read_some(bytes);
  };
  co_await weir::sleep_for(1ms);
  auto [n, done] = co_await weir::when_all(now(p.reader, in), later(p.writer, out));
  co_return static_cast<int>(n);
}

// The reports of one kind.
class reports_of {
 public:
  explicit reports_of(weir::report_kind kind) : kind_{kind} {}
  weir::report_sink sink() {
    return [this](const weir::report& r) {
      if (r.kind != kind_) return;
      const std::lock_guard lock{mutex_};
      names_.emplace_back(r.name);
    };
  }
  std::vector<std::string> names() {
    const std::lock_guard lock{mutex_};
    return names_;
  }

 private:
  const weir::report_kind kind_;
  std::mutex mutex_;
  std::vector<std::string> names_;
};

}  // namespace

TEST_CASE("neighbours: one worker held by user code stops neither the others, nor timers, nor I/O") {
  balanced_runtime rt{2};
  const held_workers held{rt.cpu(), 1};
  std::atomic<int> ran{0};
  for (int i = 0; i < 1000; ++i) rt.cpu().post([&] { ++ran; });
  until([&] { return ran == 1000; });
  rt.cpu().post_after(1ms, [&] { ++ran; });
  until([&] { return ran == 1001; });
  CHECK(weir::spawn(rt->io(), reactor_work()).get() == 8);
  CHECK(weir::spawn(rt->cpu(), reactor_work()).get() == 8);
}

TEST_CASE("neighbours: with every worker held, timers and I/O of tasks on the reactor go on") {
  balanced_runtime rt{2};
  const held_workers held{rt.cpu(), 2};
  CHECK(weir::spawn(rt->io(), reactor_work()).get() == 8);
}

TEST_CASE("neighbours: a runtime with one worker does everything") {
  balanced_runtime rt{1};
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i)
    rt.cpu().post([&] {
      rt.cpu().post([&] { ++ran; });
      weir::parallel_for(rt.cpu(), 0, 10, [&](int) { ++ran; });
    });
  rt->wait_idle();
  CHECK(ran == 1100);
  CHECK(rt.cpu().submit([&] { return rt.cpu().submit([] { return 3; }).get(); }).get() == 3);
  CHECK(weir::spawn(rt->cpu(), reactor_work()).get() == 8);
  CHECK(rt->stats().workers == 1);
  CHECK(rt->stats().workers_granted == 1);
}

TEST_CASE("neighbours: a job that polls with timed waits is one episode of blocked workers") {
  reports_of blocked{weir::report_kind::workers_blocked};
  weir::runtime_options options = with_threads(1);
  options.on_report = blocked.sink();
  balanced_runtime rt{options};
  weir::promise<void> never;
  weir::future<void> polled = never.get_future();
  rt.cpu().post([&] {
    rt.cpu().post([] {});
    for (int i = 0; i < 20; ++i) CHECK_FALSE(polled.wait_for(1us));
  });
  rt->wait_idle();
  CHECK(blocked.names().size() == 1);
  never.set_value();
}

TEST_CASE("neighbours: all workers waiting inside jobs with more jobs queued is reported once, by the runtime's name") {
  for (const bool queued_first : {true, false}) {
    CAPTURE(queued_first);
    reports_of blocked{weir::report_kind::workers_blocked};
    weir::runtime_options options = with_threads(2);
    options.thread_name = "stuck";
    options.on_report = blocked.sink();
    balanced_runtime rt{options};
    for (int episode = 0; episode < 3; ++episode) {
      const auto before = blocked.names().size();
      weir::promise<void> opens;
      const weir::shared_future<void> open = opens.get_future().share();
      std::atomic<int> there{0};
      std::atomic<bool> wait{false};
      for (int i = 0; i < 2; ++i)
        rt.cpu().post([&] {
          ++there;
          until([&] { return wait.load(); });
          open.get();  // of a job that nobody can run in place
        });
      until([&] { return there == 2; });
      if (queued_first) rt.cpu().post([] {});
      wait = true;
      until([&] {
        if (!queued_first) (void)rt.cpu().try_post([] {});
        return blocked.names().size() > before;
      });
      for (int i = 0; i < 100; ++i) (void)rt.cpu().try_post([] {});
      CHECK(blocked.names().size() == before + 1);
      CHECK(blocked.names().back() == "stuck");
      opens.set_value();
      rt->wait_idle();
    }
  }
}

TEST_CASE("neighbours: a worker that waits for a task which needs it to go on is reported") {
  for (const bool queued_first : {true, false}) {
    CAPTURE(queued_first);
    reports_of blocked{weir::report_kind::workers_blocked};
    weir::runtime_options options = with_threads(1);
    options.on_report = blocked.sink();
    balanced_runtime rt{options};
    weir::promise<void> opens, goes_on;
    const weir::shared_future<void> open = opens.get_future().share();
    std::atomic<bool> begun{false}, there{false}, wait{false};
    const auto come_back = [&](weir::future<void> when) -> weir::task<void> {
      begun = true;
      co_await std::move(when);
    };
    weir::future<void> back = weir::spawn(rt->cpu(), come_back(goes_on.get_future()));
    until([&] { return begun.load(); });
    rt.cpu().post([&] {
      there = true;
      until([&] { return wait.load(); });
      open.get();
    });
    until([&] { return there.load(); });
    if (queued_first) goes_on.set_value();
    wait = true;
    if (!queued_first) {
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();  // most likely it waits by now
      goes_on.set_value();
    }
    until([&] { return blocked.names().size() == 1; });
    opens.set_value();
    back.get();
  }
}
