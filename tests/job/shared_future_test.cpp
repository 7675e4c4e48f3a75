#include <weir/detail/submitted.hpp>
#include <weir/future.hpp>

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "support/fake_scheduler.hpp"
#include "support/stress.hpp"

using namespace weir;
using namespace weir_test;

TEST_CASE("shared_future: every copy refers to the same value, which lives as long as any of them") {
  promise<std::string> p;
  shared_future<std::string> a = p.get_future();
  shared_future<std::string> b = a;
  const std::string* where = nullptr;
  p.set_value("shared");
  where = &a.get();
  a = {};
  CHECK_FALSE(a.valid());
  CHECK_THROWS_AS((void)a.get(), no_future_state);
  CHECK(&b.get() == where);
  CHECK(b.get() == "shared");
  CHECK(b.valid());
}

TEST_CASE("shared_future: void, references and exceptions, delivered to everybody") {
  promise<void> done;
  const shared_future<void> d = done.get_future().share();
  done.set_value();
  d.get();
  d.get();

  int x = 3;
  promise<int&> ref;
  const shared_future<int&> r = ref.get_future();
  ref.set_value(x);
  static_assert(std::is_same_v<decltype(r.get()), int&>);
  CHECK(&r.get() == &x);

  promise<int> p;
  const shared_future<int> s = p.get_future(), t = s;
  p.set_exception(std::make_exception_ptr(7));
  CHECK_THROWS_AS((void)s.get(), int);
  CHECK_THROWS_AS((void)t.get(), int);
}

TEST_CASE("shared_future: copies made and dropped by racing threads, one block, all see the value") {
  shared_future<int> source;
  detail::job* j = nullptr;
  std::atomic<int> right{0};
  int bad = 0;
  const auto before = detail::pool_stats().blocks_live;
  stress::race(
      stress::rounds(10'000),
      [&](int i) {
        auto made = detail::make_submitted([i] { return i; });
        j = made.first;
        source = std::move(made.second);
        right = 0;
      },
      [&](int) {
        if (right != 3) ++bad;
      },
      [&](int) { (void)run(j); },
      [&, reader =
              [&](int i) {
                const shared_future<int> mine = source;  // NOLINT(performance-unnecessary-copy-initialization)
                if (mine.get() == i) ++right;
              }](int i) { reader(i); },
      [&](int i) {
        const shared_future<int> mine = source;  // NOLINT(performance-unnecessary-copy-initialization)
        if (mine.get() == i) ++right;
      },
      [&](int i) {
        const shared_future<int> mine = source;  // NOLINT(performance-unnecessary-copy-initialization)
        while (!mine.wait_for(std::chrono::microseconds{1})) {
        }
        if (mine.get() == i) ++right;
      });
  source = {};
  CHECK(bad == 0);
  CHECK(detail::pool_stats().blocks_live == before);
}
