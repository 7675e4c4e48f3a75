#include <weir/detail/pool.hpp>
#include <weir/detail/post_node.hpp>
#include <weir/detail/submitted.hpp>
#include <weir/future.hpp>

#include <doctest/doctest.h>

#include <memory>

#include "support/fake_scheduler.hpp"

using namespace weir;
using namespace weir_test;
using detail::outcome;
using detail::thread_role;

namespace {

std::uint64_t blocks() { return detail::pool_stats().blocks_live; }

// What the reports of a piece of code were, seen as a worker of a runtime with a sink.
template <class F>
std::vector<fake_scheduler::seen_report> reports_of(F&& f) {
  fake_scheduler sched;
  const thread_role_scope worker{thread_role::worker, &sched};
  f();
  return sched.reports;
}

}  // namespace

TEST_CASE("submitted: job, callable and result are one pooled block, given back with the last reference") {
  const auto before = blocks();
  auto [j, f] = detail::make_submitted([x = 1] { return x; });
  CHECK(blocks() == before + 1);
  (void)run(j);
  CHECK(blocks() == before + 1);
  CHECK(f.get() == 1);
  CHECK(blocks() == before);

  auto [j2, f2] = detail::make_submitted([] {});
  f2 = {};
  CHECK(blocks() == before + 1);
  CHECK(run(j2) == outcome::ok);  // dropping a future does not cancel
  CHECK(blocks() == before);
}

TEST_CASE("submitted: ending a job unrun delivers operation_cancelled and destroys the callable first") {
  counted_object::reset();
  bool ran = false;
  auto [j, f] = detail::make_submitted([&ran, o = counted_object{}] { ran = true; });
  CHECK(cancel(j) == outcome::cancelled);
  CHECK(counted_object::balanced());
  CHECK(f.ready());
  CHECK_THROWS_AS(f.get(), operation_cancelled);
  CHECK_FALSE(ran);
}

TEST_CASE("submitted: a job cancelled through its future is counted once, where it leaves the queue") {
  counted_object::reset();
  auto [j, f] = detail::make_submitted([o = counted_object{}] {});
  CHECK(f.cancel());
  CHECK(counted_object::balanced());
  CHECK_FALSE(f.cancel());
  CHECK(run(j) == outcome::cancelled);
  CHECK_THROWS_AS(f.get(), operation_cancelled);

  auto [j2, f2] = detail::make_submitted([] { return 1; });
  CHECK(run(j2) == outcome::ok);
  CHECK_FALSE(f2.cancel());
  CHECK(f2.get() == 1);
}

TEST_CASE("submitted: what the callable captured is gone when the result is there") {
  counted_object::reset();
  auto [j, f] = detail::make_submitted([o = counted_object{}] {});
  (void)run(j);
  CHECK(counted_object::balanced());
  f.get();
}

TEST_CASE("submitted: work that threw operation_cancelled counts as cancelled and is not reported when dropped") {
  const auto reports = reports_of([] {
    auto [j, f] = detail::make_submitted([] { throw operation_cancelled{"me"}; });
    CHECK(run(j) == outcome::cancelled);
    CHECK_THROWS_WITH_AS(f.get(), "me", operation_cancelled);
    auto [j2, f2] = detail::make_submitted([] { throw operation_cancelled{"me"}; });
    (void)run(j2);
    f2 = {};
    auto* j3 = detail::make_post([] { throw operation_cancelled{}; });
    CHECK(run(j3) == outcome::cancelled);
  });
  CHECK(reports.empty());
}

TEST_CASE("submitted: an exception nobody looked at is reported, one that was seen is not") {
  const auto reports = reports_of([] {
    auto [j, f] = detail::make_submitted([] { throw std::runtime_error{"lost"}; });
    f = {};
    (void)run(j);  // dropped before it ran
    auto [j2, f2] = detail::make_submitted([] { throw std::runtime_error{"lost"}; });
    (void)run(j2);
    f2.wait();  // waiting is not looking
    f2 = {};
    auto [j3, f3] = detail::make_submitted([] { throw std::runtime_error{"seen"}; });
    (void)run(j3);
    CHECK_THROWS_AS(f3.get(), std::runtime_error);
  });
  REQUIRE(reports.size() == 2);
  for (const auto& r : reports) {
    CHECK(r.kind == report_kind::never_awaited);
    CHECK_THROWS_WITH(std::rethrow_exception(r.error), "lost");
  }
}

TEST_CASE("submitted: a copy or move that throws while the job is made leaves nothing allocated or alive") {
  const auto before = blocks();
  for (int nth = 0; nth < 4; ++nth) {
    counted_object::reset();
    {
      const counted_object a;
      const auto call = [](const counted_object&, const counted_object&) {};
      counted_object::throw_on_copy = nth;
      detail::job* made = nullptr;
      if (nth < 2) {
        CHECK_THROWS_AS((void)detail::make_submitted(call, a, a), int);
      } else {
        made = detail::make_submitted(call, a, a).first;
      }
      counted_object::throw_on_copy = -1;
      if (made != nullptr) CHECK(run(made) == outcome::ok);
    }
    CHECK(counted_object::balanced());
  }
  counted_object::reset();
  {
    const counted_object a;
    const auto call = [a] {};
    counted_object::throw_on_copy = 0;
    CHECK_THROWS_AS((void)detail::make_post(call), int);
  }
  CHECK(counted_object::balanced());
  CHECK(blocks() == before);
}

TEST_CASE("submitted: a result whose construction throws becomes the exception") {
  counted_object::reset();
  {
    const counted_object source;
    auto [j, f] = detail::make_submitted([&source] { return source; });
    counted_object::throw_on_copy = 0;
    CHECK(run(j) == outcome::failed);
    CHECK_THROWS_AS(f.get(), int);
  }
  CHECK(counted_object::balanced());
}

TEST_CASE("post_node: runs once, reports what it throws under its name, and is one pooled block") {
  const auto before = blocks();
  int ran = 0;
  detail::job* j = detail::make_post([&ran, p = std::make_unique<int>(1)] { ran += *p; });
  CHECK(blocks() == before + 1);
  CHECK(run(j) == outcome::ok);
  CHECK(ran == 1);
  const auto reports = reports_of([] {
    detail::job* thrower = detail::make_post([] { throw std::runtime_error{"boo"}; });
    thrower->name = "thrower";
    CHECK(run(thrower) == outcome::failed);
  });
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].kind == report_kind::unhandled_exception);
  CHECK(reports[0].name == "thrower");
  CHECK_THROWS_WITH(std::rethrow_exception(reports[0].error), "boo");
  CHECK(blocks() == before);
}

TEST_CASE("post_node: cancelled it destroys the callable without running it") {
  counted_object::reset();
  bool ran = false;
  detail::job* j = detail::make_post([&ran, o = counted_object{}] { ran = true; });
  CHECK(cancel(j) == outcome::cancelled);
  CHECK_FALSE(ran);
  CHECK(counted_object::balanced());
}
