// Races that the reactor must decide exactly once: completion against cancellation, sleep against submission.
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>
#include <vector>

#include "io/reactor.hpp"
#include "io/support/fake_backend.hpp"
#include "io/support/probe.hpp"
#include "io/support/sockets.hpp"
#include "io/support/step.hpp"

using namespace weir_test;
using weir::io::reactor;
using weir::io::reactor_options;
using kind = weir::detail::operation::kind;

namespace {

// A second thread that runs one function per round, released by the first.
class rival {
 public:
  explicit rival(std::function<void(int)> act) : act_{std::move(act)}, thread_{[this] { loop(); }} {}
  ~rival() {
    round_.store(-1);
    thread_.join();
  }
  void go(int round) { round_.store(round); }
  void join() {
    while (done_.load() != round_.load()) std::this_thread::yield();
  }

 private:
  void loop() {
    for (int seen = 0;;) {
      const int now = round_.load();
      if (now < 0) return;
      if (now == seen) {
        std::this_thread::yield();
        continue;
      }
      act_(now);
      seen = now;
      done_.store(now);
    }
  }
  std::function<void(int)> act_;
  std::atomic<int> round_{0}, done_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("reactor: a timer that fires while it is cancelled ends once, and no message outlives it") {
  reactor r{{}};
  std::unique_ptr<probe> op;
  rival canceller{[&](int) { r.cancel(*op); }};
  int fired = 0, cancelled = 0;
  for (int round = 1; round <= 100'000; ++round) {
    op = std::make_unique<probe>(round % 2 == 0 ? weir::io::system_now() : weir::detail::time_point::max());
    if (round % 3 == 0) {
      canceller.go(round);  // cancel may even come before start
      r.start(*op);
    } else {
      r.start(*op);
      canceller.go(round);
    }
    const auto result = op->wait();
    canceller.join();
    (result == 0 ? fired : cancelled) += 1;
    REQUIRE((result == 0 || result == -ECANCELED));
    REQUIRE(op->completions.load() == 1);
    op.reset();
  }
  CHECK(fired + cancelled == 100'000);
  CHECK(cancelled > 0);
  const auto s = r.stats();
  CHECK(s.submitted == s.completed + s.cancelled);
  CHECK(s.timers_armed == 0);
}

TEST_CASE("reactor: a timer of the far future that was cancelled before it was started ends at once") {
  auto world = std::make_unique<fake_backend>();
  fake_backend& backend = *world;
  reactor r{{.readiness = std::move(world)}};
  backend.await_sleep();
  probe op{weir::detail::time_point::max()};
  const auto slept = r.stats().sleeps;
  r.cancel(op);
  while (r.stats().sleeps == slept) std::this_thread::yield();  // it has seen the message and sleeps again
  r.start(op);
  CHECK(op.wait() == -ECANCELED);
}

TEST_CASE("reactor: a receive that loses against its cancellation takes no byte with it") {
  reactor r{{}};
  pair p = socket_pair();
  char in[4];
  std::unique_ptr<probe> op;
  long sent = 0;  // a full socket takes nothing
  rival sender{[&](int round) {
    if (round % 2 == 0) r.cancel(*op);
    sent += put(p.theirs, "x");
    r.cancel(*op);
    r.cancel(*op);  // any number of times
  }};
  long received = 0;
  for (int round = 1; round <= 20'000; ++round) {
    op = std::make_unique<probe>(kind::recv, p.ours.get(), in, 1);
    r.start(*op);
    sender.go(round);
    const auto result = op->wait();
    sender.join();
    REQUIRE((result == 1 || result == -ECANCELED));
    if (result == 1) ++received;
  }
  char rest[256];
  for (ssize_t n; (n = ::read(p.ours.get(), rest, sizeof rest)) > 0;) received += n;
  CHECK(received == sent);
}

TEST_CASE("reactor: while it runs nobody pays for waking it; asleep, one push does") {
  auto owned = std::make_unique<fake_backend>();
  fake_backend& backend = *owned;
  reactor_options options;
  options.readiness = std::move(owned);
  reactor r{std::move(options)};
  backend.await_sleep();
  const auto before = r.stats().wakes_sent;
  std::binary_semaphore running{0}, go_on{0};
  step hold{[&] {
    running.release();
    go_on.acquire();
  }};
  r.resume_io(hold);
  running.acquire();
  CHECK(r.stats().wakes_sent == before + 1);
  std::vector<std::unique_ptr<step>> many;
  for (int i = 0; i < 1000; ++i) many.push_back(std::make_unique<step>([] {}));
  for (auto& s : many) r.resume_io(*s);
  CHECK(r.stats().wakes_sent == before + 1);
  go_on.release();
  for (auto& s : many) s->done.acquire();
  while (r.stats().continuations < 1001) std::this_thread::yield();  // counted after it has run
  CHECK(r.stats().continuations == 1001);
}

TEST_CASE("reactor: a push beside its falling asleep is never left behind") {
  reactor r{{}};
  for (int round = 0; round < 30'000; ++round) {
    step s{[] {}};
    r.resume_io(s);
    s.done.acquire();  // by now it is about to sleep again
  }
  CHECK(r.stats().continuations == 30'000);
}

TEST_CASE("reactor: continuations that always have more to do do not starve descriptors and timers") {
  reactor r{{}};
  std::atomic<bool> enough{false};
  struct again : weir::detail::job {
    again(reactor& owner, std::atomic<bool>& stop_flag)
        : job{[](job* self, weir::detail::action) noexcept {
            auto& me = *static_cast<again*>(self);
            if (!me.stop.load()) me.r.resume_io(me);
            me.ended.store(me.stop.load());
            return weir::detail::outcome::internal;
          }},
          r{owner},
          stop{stop_flag} {}
    reactor& r;
    std::atomic<bool>& stop;
    std::atomic<bool> ended{false};
  } busy{r, enough};
  r.resume_io(busy);
  pair p = socket_pair();
  char in[4];
  probe get{kind::recv, p.ours.get(), in, sizeof in};
  r.start(get);
  probe soon{weir::io::system_now() + std::chrono::milliseconds{1}};
  r.start(soon);
  REQUIRE(put(p.theirs, "x"));
  CHECK(get.wait() == 1);
  CHECK(soon.wait() == 0);
  enough = true;
  r.stop();
}

TEST_CASE("reactor: stop while other threads start, cancel and resume; every operation ends") {
  for (int round = 0; round < 300; ++round) {
    reactor r{{}};
    std::vector<std::unique_ptr<probe>> ops;
    for (int i = 0; i < 8; ++i) ops.push_back(std::make_unique<probe>(weir::detail::time_point::max()));
    std::thread starter{[&] {
      for (auto& op : ops) r.start(*op);
    }};
    std::thread stopper{[&] { r.stop(); }};
    starter.join();
    stopper.join();
    r.stop();
    bool all = true;
    for (auto& op : ops) all = all && op->done() && op->result == -ECANCELED;
    REQUIRE(all);
  }
}

TEST_CASE("reactor: timers fire in order, never early, also those of the past and of the far future") {
  static std::atomic<std::int64_t> clock_ns;
  clock_ns = 1000;
  auto owned = std::make_unique<fake_backend>();
  fake_backend& backend = *owned;
  reactor_options options;
  options.readiness = std::move(owned);
  options.now = []() noexcept { return weir::detail::time_point{std::chrono::nanoseconds{clock_ns.load()}}; };
  reactor r{std::move(options)};
  const auto at = [](std::int64_t ns) { return weir::detail::time_point{std::chrono::nanoseconds{ns}}; };
  probe a{at(5'000'000)}, b{at(3'000'000)}, past{at(0)}, never{weir::detail::time_point::max()},
      dawn{weir::detail::time_point::min()};
  for (probe* op : {&a, &b, &past, &never, &dawn}) r.start(*op);
  CHECK(past.wait() == 0);
  CHECK(dawn.wait() == 0);
  backend.await_sleep();
  CHECK_FALSE(b.done());
  clock_ns = 3'000'000;
  backend.wake();
  CHECK(b.wait() == 0);
  backend.await_sleep();
  CHECK_FALSE(a.done());
  clock_ns = 5'000'000;
  backend.wake();
  CHECK(a.wait() == 0);
  CHECK(r.stats().timers_armed == 1);
  r.cancel(never);
  CHECK(never.wait() == -ECANCELED);
}

TEST_CASE("reactor: a million timers are armed and cancelled") {
  constexpr int n = 1'000'000;
  reactor r{{}};
  struct counted : weir::detail::operation {
    explicit counted(std::atomic<int>& tally)
        : operation{kind::sleep,
                    [](operation& op) noexcept {
                      auto& me = static_cast<counted&>(op);
                      if (me.result == -ECANCELED) me.count.fetch_add(1);
                    }},
          count{tally} {
      deadline = weir::detail::time_point::max();
    }
    std::atomic<int>& count;
  };
  std::atomic<int> cancelled{0};
  std::vector<std::unique_ptr<counted>> ops;
  ops.reserve(n);
  for (int i = 0; i < n; ++i) r.start(*ops.emplace_back(std::make_unique<counted>(cancelled)));
  for (auto& op : ops) r.cancel(*op);
  r.stop();
  CHECK(cancelled.load() == n);
  CHECK(r.stats().submitted == n);
}
