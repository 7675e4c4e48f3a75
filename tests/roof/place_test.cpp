// rt.io() and rt.cpu() as places: where a task starts, where it moves, and what is refused.
#include <weir/testing.hpp>
#include <weir/weir.hpp>

#include <stdexcept>

#include <doctest/doctest.h>

#include "coro/fixture.hpp"

#include "support/stderr_reports.hpp"

using coro_test::no_frames_left;

namespace {

weir::task<bool> lives_at(weir::place there) {
  const bool at_first = there.is_here();
  co_await weir::sleep_for(std::chrono::milliseconds{1});
  co_return at_first&& there.is_here();
}

weir::task<int> goes_there_and_back(weir::place a, weir::place b) {
  int right = 0;
  for (const weir::place& where : {a, b, b, a}) {
    co_await weir::resume_on(where);
    right += where.is_here() ? 1 : 0;
    right += co_await lives_at(where) ? 1 : 0;  // a child starts where its parent is
  }
  co_return right;
}

weir::task<void> moves_to(weir::place there) { co_await weir::resume_on(there); }

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "place: a task spawned on rt.io() or rt.cpu() lives there") {
  weir::runtime rt{weir::runtime_options{.threads = 2}};
  CHECK(weir::spawn(rt.io(), lives_at(rt.io())).get());
  CHECK(weir::spawn(rt.cpu(), lives_at(rt.cpu()), "named").get());
  CHECK_FALSE(weir::spawn(rt.io(), lives_at(rt.cpu())).get());
  CHECK(weir::block_on(rt.io(), lives_at(rt.io())));
  CHECK_FALSE(rt.io().is_here());
}

TEST_CASE_FIXTURE(no_frames_left, "place: resume_on(rt.io()) and resume_on(rt.cpu()) move a task, real clock or not") {
  weir::runtime rt{weir::runtime_options{.threads = 2}};
  CHECK(rt.block_on(goes_there_and_back(rt.io(), rt.cpu())) == 8);
  weir::testing::manual_runtime manual;
  CHECK(manual.block_on(goes_there_and_back(manual.io(), manual.cpu())) == 8);
  CHECK(rt.block_on(goes_there_and_back(weir::runtime_handle{rt}.io(), weir::runtime_handle{rt}.workers())) == 8);
}

TEST_CASE_FIXTURE(no_frames_left, "place: another runtime's place and a strand are refused by name") {
  weir_test::expect_stderr_reports();
  weir::runtime rt{weir::runtime_options{.threads = 1}};
  weir::runtime other{weir::runtime_options{.threads = 1}};
  CHECK_THROWS_WITH_AS(rt.block_on(moves_to(other.io())), "weir: resume_on: the place is another runtime's",
                       std::invalid_argument);
  const weir::strand line{rt.cpu()};
  CHECK_THROWS_WITH_AS((void)weir::spawn(line.get(), moves_to(rt.io())), "weir: a strand is no place for tasks",
                       std::invalid_argument);
  CHECK(rt.io() == rt.io());
  CHECK_FALSE(rt.io() == other.io());
  CHECK_FALSE(rt.io() == weir::place{rt.cpu()});
}
