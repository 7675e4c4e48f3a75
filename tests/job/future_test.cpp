#include <weir/detail/submitted.hpp>
#include <weir/future.hpp>

#include <doctest/doctest.h>
#include <pthread.h>

#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/fake_scheduler.hpp"

using namespace weir;
using namespace weir_test;
using detail::outcome;
using detail::thread_role;

namespace {

template <class T, class F>
T through_future(F&& f) {
  auto [j, result] = detail::make_submitted(std::forward<F>(f));
  static_assert(std::is_same_v<decltype(result), future<T>>);
  (void)run(j);
  return result.get();
}

struct alignas(128) aligned {
  int value = 7;
  bool right = reinterpret_cast<std::uintptr_t>(this) % 128 == 0;
};

struct immovable {
  explicit immovable(int v) : value{v} {}
  immovable(const immovable&) = delete;
  immovable& operator=(const immovable&) = delete;
  int value;
};

}  // namespace

TEST_CASE("future: every kind of result arrives") {
  int referent = 1;
  CHECK(through_future<int>([] { return 5; }) == 5);
  CHECK(through_future<std::string>([] { return std::string(100, 'x'); }) == std::string(100, 'x'));
  CHECK(*through_future<std::unique_ptr<int>>([] { return std::make_unique<int>(3); }) == 3);
  CHECK(&through_future<int&>([&]() -> int& { return referent; }) == &referent);
  CHECK(&through_future<const int&>([&]() -> const int& { return referent; }) == &referent);
  through_future<void>([&] { referent = 2; });
  CHECK(referent == 2);
  CHECK(through_future<aligned>([a = aligned{}] { return a.right ? a : aligned{0}; }).value == 7);
  CHECK(through_future<std::vector<bool>>([] { return std::vector<bool>(3, true); }).size() == 3);
}

TEST_CASE("future: a result that cannot move is read where it is, through a shared future") {
  auto [j, f] = detail::make_submitted([] { return immovable{4}; });
  (void)run(j);
  const shared_future<immovable> s = f.share();
  CHECK(s.get().value == 4);
}

TEST_CASE("future: arguments are decay-copied and moved into the call") {
  auto owned = std::make_unique<int>(4);
  int counter = 0;
  auto [j, f] = detail::make_submitted(
      [](std::unique_ptr<int> p, int& n, const std::string& s) {
        ++n;
        return *p + static_cast<int>(s.size());
      },
      std::move(owned), std::ref(counter), "four");
  (void)run(j);
  CHECK(f.get() == 8);
  CHECK(counter == 1);
  auto [j2, f2] = detail::make_submitted(&std::string::size, std::string{"abc"});
  (void)run(j2);
  CHECK(f2.get() == 3);
}

TEST_CASE("future: the exception of the work is delivered, and get() uses the future up") {
  auto [j, f] = detail::make_submitted([]() -> int { throw std::runtime_error{"boo"}; });
  CHECK(run(j) == outcome::failed);
  CHECK(f.ready());
  CHECK_THROWS_WITH_AS(f.get(), "boo", std::runtime_error);
  CHECK_FALSE(f.valid());
  CHECK_THROWS_AS(f.get(), no_future_state);
}

TEST_CASE("future: one that refers to nothing says so") {
  future<int> f;
  CHECK_FALSE(f.valid());
  CHECK_THROWS_AS((void)f.ready(), no_future_state);
  CHECK_THROWS_AS(f.wait(), no_future_state);
  CHECK_THROWS_AS((void)f.wait_for(std::chrono::seconds{1}), no_future_state);
  CHECK_THROWS_AS(f.cancel(), no_future_state);
  CHECK_THROWS_AS((void)f.share(), no_future_state);
  CHECK_THROWS_AS(f.get(), std::logic_error);
}

TEST_CASE("future: timed waits tell whether the result is there, for any clock and any limit") {
  promise<int> p;
  auto f = p.get_future();
  CHECK_FALSE(f.wait_for(std::chrono::seconds{0}));
  CHECK_FALSE(f.wait_for(std::chrono::seconds{-5}));
  CHECK_FALSE(f.wait_for(std::chrono::microseconds{50}));
  CHECK_FALSE(f.wait_until(std::chrono::steady_clock::now()));
  CHECK_FALSE(f.wait_until(std::chrono::steady_clock::time_point::min()));
  CHECK_FALSE(f.wait_until(std::chrono::system_clock::time_point::min()));
  CHECK_FALSE(f.wait_for(std::chrono::nanoseconds::min()));
  CHECK_FALSE(f.wait_for(std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()}));
  CHECK_FALSE(f.wait_until(std::chrono::system_clock::now() + std::chrono::microseconds{50}));
  std::thread setter{[&] { p.set_value(1); }};
  CHECK(f.wait_for(std::chrono::hours::max()));
  CHECK(f.wait_for(std::chrono::duration<double>{1e300}));
  CHECK(f.wait_until(std::chrono::steady_clock::time_point::max()));
  CHECK(f.wait_until(std::chrono::time_point<std::chrono::steady_clock, std::chrono::hours>::max()));
  setter.join();
  CHECK(f.get() == 1);
}

TEST_CASE("future: a result whose move throws leaves nothing behind") {
  counted_object::reset();
  {
    auto [j, f] = detail::make_submitted([] { return counted_object{}; });
    (void)run(j);
    counted_object::throw_on_copy = 0;
    CHECK_THROWS_AS(f.get(), int);
  }
  CHECK(counted_object::balanced());
}

TEST_CASE("future: waiting on the reactor is refused unless the result is there, and the future stays valid") {
  promise<int> p;
  auto f = p.get_future();
  {
    const thread_role_scope reactor{thread_role::reactor};
    CHECK_THROWS_AS(f.get(), would_deadlock);
    CHECK_THROWS_AS(f.wait(), would_deadlock);
    CHECK_THROWS_AS((void)f.wait_for(std::chrono::hours{1}), would_deadlock);
    CHECK_FALSE(f.wait_for(std::chrono::seconds{0}));
  }
  p.set_value(3);
  const thread_role_scope reactor{thread_role::reactor};
  CHECK(f.get() == 3);
}

TEST_CASE("future: a worker that waits runs the queued job in place and counts it; its place in the queue is empty") {
  thread_role_scope worker{thread_role::worker};
  const auto here = std::this_thread::get_id();
  auto [j, f] = detail::make_submitted([] { return std::this_thread::get_id(); });
  CHECK(f.get() == here);
  CHECK(worker.counted == std::vector{outcome::ok});
  CHECK(worker.blocks_begun == 0);
  CHECK(run(j) == outcome::elsewhere);

  auto [j2, f2] = detail::make_submitted([] { throw 1; });
  CHECK_THROWS_AS(f2.get(), int);
  CHECK(worker.counted == std::vector{outcome::ok, outcome::failed});
  CHECK(cancel(j2) == outcome::elsewhere);
}

TEST_CASE("future: a worker whose job is held by somebody else announces that it blocks") {
  promise<int> p;
  auto f = p.get_future();
  std::thread setter;
  thread_role_scope worker{thread_role::worker};
  // Set only after the wait was announced, so that it cannot be skipped.
  static promise<int>* owed;
  static std::thread* answering;
  owed = &p, answering = &setter;
  detail::this_thread_context().blocking = [](detail::thread_context& c, bool begins) noexcept {
    auto& scope = *static_cast<thread_role_scope*>(c.engine);
    if (begins && scope.blocks_begun++ == 0) *answering = std::thread{[] { owed->set_value(9); }};
    if (!begins) ++scope.blocks_ended;
  };
  CHECK(f.get() == 9);
  setter.join();
  CHECK(worker.blocks_begun >= 1);
  CHECK(worker.blocks_begun == worker.blocks_ended);
  CHECK(worker.counted.empty());
}

TEST_CASE("future: a worker of another runtime does not run the job, it blocks") {
  fake_scheduler ours, theirs;
  auto [j, f] = detail::make_submitted([] { return std::this_thread::get_id(); });
  f.belongs_to(&theirs);
  std::thread other{[job = j] {
    const thread_role_scope worker{thread_role::worker};
    (void)run(job);
  }};
  const auto expected = other.get_id();
  thread_role_scope worker{thread_role::worker, &ours};
  CHECK(f.get() == expected);
  CHECK(worker.counted.empty());
  other.join();
}

TEST_CASE("future: timed waits never run the job") {
  const thread_role_scope worker{thread_role::worker};
  bool ran = false;
  auto [j, f] = detail::make_submitted([&] { ran = true; });
  CHECK_FALSE(f.wait_for(std::chrono::microseconds{10}));
  CHECK_FALSE(ran);
  CHECK(run(j) == outcome::ok);
  CHECK(f.wait_for(std::chrono::seconds{0}));
}

TEST_CASE("future: waits that nest on one worker stop helping before the stack ends") {
  // Every job waits for the one before it, which is still queued: the natural way to overflow a stack.
  static std::vector<future<int>> results;
  static std::atomic<bool> stuck;
  constexpr int n = 20'000;
  std::vector<detail::job*> jobs;
  stuck = false;
  {
    auto [j, f] = detail::make_submitted([] { return 0; });
    jobs.push_back(j), results.push_back(std::move(f));
  }
  for (int i = 1; i < n; ++i) {
    auto [j, f] = detail::make_submitted([before = std::move(results.back())]() mutable { return before.get() + 1; });
    jobs.push_back(j), results.back() = std::move(f);
  }
  const auto deep = [](void* value) -> void* {
    const thread_role_scope worker{thread_role::worker};
    detail::this_thread_context().blocking = [](detail::thread_context&, bool) noexcept { stuck = true; };
    *static_cast<int*>(value) = results.back().get();
    return nullptr;
  };
  pthread_attr_t small;  // TSan cannot follow more than 64 Ki frames
  REQUIRE(pthread_attr_init(&small) == 0);
  REQUIRE(pthread_attr_setstacksize(&small, std::size_t{1} << 20) == 0);
  pthread_t thread{};
  int value = -1;
  REQUIRE(pthread_create(&thread, &small, deep, &value) == 0);
  pthread_attr_destroy(&small);
  while (!stuck) std::this_thread::yield();
  for (detail::job* j : jobs) (void)run(j);  // oldest first, as a second worker would
  pthread_join(thread, nullptr);
  CHECK(value == n - 1);
  results.clear();
}
