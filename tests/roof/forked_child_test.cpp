// What the child of a fork is told: at once, and why.
#include <weir/weir.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string_view>

#include <doctest/doctest.h>

#include "rt/fixture.hpp"

using namespace weir_test;

TEST_CASE("fork: in the child everything that would submit or wait throws at once and says why") {
  balanced_runtime rt{2};
  std::optional<weir::thread_pool> pool{std::in_place, 1U};
  weir::strand line{rt.cpu()};
  rt.cpu().submit([] {}).get();
  std::atomic<bool> go{false};
  weir::future<void> running = rt.cpu().submit([&] { go.wait(false); });
  weir::future<void> bulk = rt.cpu().submit_bulk(1, [&](std::size_t) { go.wait(false); });
  weir::future<void> task = weir::spawn(*rt, [](std::atomic<bool>& g) -> weir::task<void> {
    while (!g) co_await weir::sleep_for(std::chrono::milliseconds{1});
  }(go));
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // a hang is a failure
    int wrong = 0;
    const auto refused = [&](auto&& call) {
      try {
        call();
        ++wrong;
      } catch (const weir::runtime_closed& e) {
        wrong += std::string_view{e.what()}.find("fork") == std::string_view::npos ? 1 : 0;
      } catch (...) {
        ++wrong;
      }
    };
    using std::chrono::milliseconds;
    const auto nothing = []() -> weir::task<void> { co_return; };
    refused([&] { rt.cpu().post([] {}); });
    refused([&] { (void)rt.cpu().submit([] {}); });
    refused([&] { (void)rt.cpu().submit_bulk(5, [](std::size_t) {}); });
    refused([&] { (void)rt.cpu().post_after(milliseconds{1}, [] {}); });
    refused([&] { (void)rt.cpu().post_every(milliseconds{1}, [] {}); });
    refused([&] { line.get().post([] {}); });
    refused([&] { (void)line.get().post_after(milliseconds{1}, [] {}); });
    refused([&] { weir::parallel_for(rt.cpu(), 0, 1000, [](int) {}); });
    refused([&] { rt->block_on(nothing()); });
    refused([&] { (void)weir::spawn(*rt, nothing()); });
    refused([&] { rt->wait_idle(); });
    refused([&] { (void)rt->wait_idle_for(milliseconds{1}); });
    refused([&] { (void)rt->shutdown(); });
    refused([&] { (void)rt->stats(); });
    refused([&] { running.get(); });
    refused([&] { (void)running.wait_for(milliseconds{1}); });
    refused([&] { bulk.get(); });
    refused([&] { task.get(); });
    refused([&] { pool->detach([] {}); });
    refused([&] { (void)pool->submit([] {}); });
    refused([&] { (void)pool->detach_after(milliseconds{1}, [] {}); });
    refused([&] { pool->wait(); });
    refused([&] { pool->pause(); });
    refused([&] { (void)pool->purge(); });
    refused([&] { const weir::runtime another{with_threads(1)}; });
    wrong += rt.cpu().try_post([] {}) ? 1 : 0;
    pool.reset();  // the destructors leave the parent's things alone
    rt->~runtime();
    _exit(wrong);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  go = true;
  go.notify_all();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  running.get();
  bulk.get();
  task.get();
  CHECK(rt.cpu().submit([] { return 3; }).get() == 3);  // the parent is none the worse
}
