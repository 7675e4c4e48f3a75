// The handshake of io_awaiter, step by step: a scripted scheduler lets a stop and a completion fall into any gap.
#include "coro/fixture.hpp"

#include <cerrno>
#include <utility>
#include <vector>

#include <weir/detail/leaf.hpp>
#include <weir/detail/root_task.hpp>
#include <weir/error.hpp>

using namespace weir;
using coro_test::no_frames_left;

namespace {

/// What happens to the operation, and when: inside start() stands for "on another thread, before start() has returned".
struct script {
  bool stop_before = false;
  bool stop_in_start = false;
  bool complete_in_start = false;
  bool stop_after = false;
  std::int64_t result = 5;
};

class scripted final : public detail::scheduler {
 public:
  explicit scripted(const script& s) noexcept : script_{s} {}

  detail::time_point now() const noexcept override { return {}; }
  void resume(detail::job& j, detail::home) noexcept override { ready.push_back(&j); }
  bool on(detail::home) const noexcept override { return true; }
  void start(detail::operation& o) noexcept override {
    ++starts;
    op = &o;
    if (script_.stop_in_start) root->request_stop();
    if (script_.complete_in_start) complete(script_.result);
  }
  void cancel(detail::operation&) noexcept override { ++cancels; }
  void run_blocking(detail::blocking_job&) noexcept override {}
  void report(const weir::report&) noexcept override {}
  void task_started() noexcept override {}
  void task_ended(detail::outcome) noexcept override {}

  void complete(std::int64_t result) noexcept {
    auto& ending = *std::exchange(op, nullptr);
    ending.result = result;
    ending.complete(ending);
  }
  void run() {
    while (!ready.empty()) {
      auto* const j = ready.back();
      ready.pop_back();
      j->act(j, detail::action::run);
    }
  }

  detail::root_base* root = nullptr;
  detail::operation* op = nullptr;
  std::vector<detail::job*> ready;
  int starts = 0, cancels = 0;

 private:
  script script_;
};

struct observed {
  bool ended = false, cancelled = false;
  std::int64_t result = 0;
  int starts = 0, cancels_before_completion = 0;
};

struct any_awaiter : detail::io_awaiter {
  any_awaiter() noexcept : io_awaiter{kind::read} {}
};

observed play(const script& plan, std::int64_t completion) {
  scripted s{plan};
  observed o;
  auto body = [](observed& out) -> task<> {
    try {
      out.result = co_await any_awaiter{};
    } catch (const operation_cancelled&) {
      out.cancelled = true;
    }
  };
  struct watched : detail::root_task<void> {
    using root_task::root_task;
    bool done = false;
  } root{body(o), [](detail::root_base& r) noexcept { static_cast<watched&>(r).done = true; }};
  s.root = &root;
  root.start(s, detail::home::io);
  if (plan.stop_before) root.request_stop();
  s.run();
  if (plan.stop_after) root.request_stop();
  o.cancels_before_completion = s.cancels;
  if (s.op != nullptr) s.complete(completion);
  s.run();
  o.ended = root.done;
  o.starts = s.starts;
  return o;
}

}  // namespace

TEST_CASE_FIXTURE(no_frames_left, "leaf: a stop before the await starts nothing and throws") {
  const auto o = play({.stop_before = true}, 1);
  CHECK(o.ended);
  CHECK(o.cancelled);
  CHECK(o.starts == 0);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "leaf: a stop while starting cancels the operation, once it is started, exactly once") {
  const auto o = play({.stop_in_start = true}, -ECANCELED);
  CHECK(o.ended);
  CHECK(o.cancelled);
  CHECK(o.cancels_before_completion == 1);
}

TEST_CASE_FIXTURE(no_frames_left, "leaf: a stop while waiting cancels it; what it ends with decides") {
  const auto cancelled = play({.stop_after = true}, -ECANCELED);
  CHECK(cancelled.cancelled);
  CHECK(cancelled.cancels_before_completion == 1);
  const auto delivered = play({.stop_after = true}, 9);  // the result was faster
  CHECK(delivered.ended);
  CHECK_FALSE(delivered.cancelled);
  CHECK(delivered.result == 9);
}

TEST_CASE_FIXTURE(no_frames_left, "leaf: a completion before start() has returned is not lost and resumes once") {
  const auto o = play({.complete_in_start = true, .result = 7}, 0);
  CHECK(o.ended);
  CHECK(o.result == 7);
}

TEST_CASE_FIXTURE(no_frames_left,
                  "leaf: stop and completion both before start() has returned: the result is delivered") {
  const auto o = play({.stop_in_start = true, .complete_in_start = true, .result = 7}, 0);
  CHECK(o.ended);
  CHECK(o.result == 7);
  CHECK_FALSE(o.cancelled);
}

TEST_CASE_FIXTURE(no_frames_left, "leaf: errors of the operation come back as negated errno") {
  CHECK(play({}, -ECONNRESET).result == -ECONNRESET);
}
