#include <weir/future.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

#include "support/fake_scheduler.hpp"
#include "support/stress.hpp"

using namespace weir;
using namespace weir_test;

TEST_CASE("promise: gives its value once, made in place; a second result of any kind is refused") {
  promise<std::string> p;
  auto f = p.get_future();
  p.set_value(std::size_t{3}, 'x');
  CHECK_THROWS_AS(p.set_value("again"), future_already_satisfied);
  CHECK_THROWS_AS(p.set_exception(std::make_exception_ptr(1)), future_already_satisfied);
  CHECK(f.get() == "xxx");

  promise<void> nothing;
  auto done = nothing.get_future();
  nothing.set_value();
  done.get();

  int x = 1;
  promise<int&> reference;
  auto to_x = reference.get_future();
  reference.set_value(x);
  CHECK(&to_x.get() == &x);

  promise<std::unique_ptr<int>> owner;
  auto owned = owner.get_future();
  owner.set_value(std::make_unique<int>(4));
  CHECK(*owned.get() == 4);
}

TEST_CASE("promise: gives an exception, refuses a null one") {
  promise<int> p;
  auto f = p.get_future();
  CHECK_THROWS_AS(p.set_exception(nullptr), std::invalid_argument);
  p.set_exception(std::make_exception_ptr(std::runtime_error{"boo"}));
  CHECK_THROWS_WITH_AS(f.get(), "boo", std::runtime_error);
}

TEST_CASE("promise: dropped unset it is broken; dropped set it is not") {
  future<int> broken = promise<int>{}.get_future();
  CHECK(broken.ready());
  CHECK_THROWS_AS(broken.get(), broken_promise);

  promise<int> p;
  auto first = p.get_future();
  p = promise<int>{};  // assignment drops the old one
  CHECK_THROWS_AS(first.get(), broken_promise);

  auto second = p.get_future();
  promise<int> heir = std::move(p);
  CHECK_FALSE(p.valid());
  CHECK_THROWS_AS(p.set_value(1), no_future_state);
  CHECK_THROWS_AS((void)p.get_future(), no_future_state);
  CHECK_THROWS_AS((void)heir.get_future(), future_already_retrieved);
  heir.set_value(2);
  {
    const promise<int> last = std::move(heir);
  }
  CHECK(second.get() == 2);
}

TEST_CASE("promise: a value whose construction throws gives nothing, and the promise can be set again") {
  counted_object::reset();
  {
    promise<counted_object> p;
    auto f = p.get_future();
    const counted_object source;
    counted_object::throw_on_copy = 0;
    CHECK_THROWS_AS(p.set_value(source), int);
    CHECK_FALSE(f.ready());
    p.set_value(source);
    CHECK(f.ready());
    (void)f.get();
  }
  CHECK(counted_object::balanced());
}

TEST_CASE("promise: its future cannot be cancelled, and a waiting worker does not take the result over") {
  promise<int> p;
  auto f = p.get_future();
  CHECK_FALSE(f.cancel());
  std::thread setter{[&] { p.set_value(1); }};
  const thread_role_scope worker{detail::thread_role::worker};
  CHECK(f.get() == 1);
  setter.join();
}

TEST_CASE("promise: racing setters have one winner") {
  promise<int> p;
  future<int> f;
  std::atomic<int> won{0}, lost{0};
  int bad = 0;
  const auto set = [&](int value) {
    try {
      p.set_value(value);
      ++won;
    } catch (const future_already_satisfied&) {
      ++lost;
    }
  };
  stress::race(
      stress::rounds(5'000),
      [&](int) {
        p = promise<int>{};
        f = p.get_future();
        won = lost = 0;
      },
      [&](int i) {
        const int value = f.get();
        if (won != 1 || lost != 1 || (value != i && value != -i)) ++bad;
      },
      [&](int i) { set(i); }, [&](int i) { set(-i); });
  CHECK(bad == 0);
}

TEST_CASE("promise: the one who got the result may destroy the promise while set_value is still returning") {
  std::unique_ptr<promise<int>> p;
  std::atomic<promise<int>*> setting{nullptr};
  future<int> f;
  int bad = 0;
  stress::race(
      stress::rounds(20'000),
      [&](int) {
        p = std::make_unique<promise<int>>();
        f = p->get_future();
        setting = p.get();
      },
      [](int) {}, [&](int i) { setting.load()->set_value(i); },
      [&](int i) {
        if (f.get() != i) ++bad;
        p.reset();
      });
  CHECK(bad == 0);
}
