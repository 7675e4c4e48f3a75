#include "roof/manual_engine.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>

#include <weir/error.hpp>

#include "base/report.hpp"
#include "base/strict.hpp"

namespace weir::inline v0::testing {
namespace {

constexpr std::uint8_t completed = 1;

}  // namespace

struct manual_runtime::engine::spawned_root : detail::root_task<void> {
  spawned_root(task<void>&& t, finished_fn fn) : root_task{std::move(t), fn} {}
  std::list<std::unique_ptr<spawned_root>>::iterator place;
};

struct manual_runtime::engine::timed_call : detail::operation {
  explicit timed_call(std::function<void()>&& f) : operation{kind::sleep, &completed_call}, fn{std::move(f)} {}
  static void completed_call(detail::operation& op) noexcept {
    const std::unique_ptr<timed_call> me{static_cast<timed_call*>(&op)};
    if (me->result >= 0) me->fn();
  }
  std::function<void()> fn;
};

manual_runtime::engine::engine(const manual_options& options)
    : shuffled_{options.seed != 0},
      record_{options.record},
      random_{options.seed},
      schedule_{options.schedule},
      now_{options.start},
      strict_{options.strict || base::strict_by_environment()} {}

manual_runtime::engine::~engine() {
  const entered here{*this};
  closing_ = true;  // from now on everything that starts is cancelled at once
  for (auto& root : spawned_) root->request_stop();
  cancel_everything();
  for (int rounds = 0; !idle() && rounds < 10'000; ++rounds) round();
  while (!spawned_.empty()) {
    report({report_kind::uncancellable, spawned_.front()->name(), "still running when its runtime was destroyed", {}});
    static_cast<void>(spawned_.front().release());  // its frames cannot be destroyed: leaked
    spawned_.pop_front();
  }
  for (; seen_reports_ < reports_.size(); ++seen_reports_) {
    const recorded_report& r = reports_[seen_reports_];
    base::report_by_default({r.kind, r.name, r.message, nullptr});
  }
}

void manual_runtime::engine::require_own_thread(const char* call) const noexcept {
  if (std::this_thread::get_id() == thread_) return;
  std::fprintf(stderr, "weir: manual_runtime is single-threaded, but %s came from another thread\n", call);
  std::terminate();
}

void manual_runtime::engine::resume(detail::job& j, detail::home where) noexcept {
  require_own_thread("resume");
  ready_.push_back({&j, where == detail::home::cpu ? place::cpu : place::io});
}

void manual_runtime::engine::run_blocking(detail::blocking_job& j) noexcept {
  require_own_thread("run_blocking");
  ready_.push_back({&j, place::blocking});
}

detail::blocking_job::place manual_runtime::engine::withdraw_blocking(detail::blocking_job& j) noexcept {
  require_own_thread("withdraw_blocking");
  using place_in_line = detail::blocking_job::place;
  const bool was_there = std::erase_if(ready_, [&](const auto& one) { return one.work == &j; }) != 0;
  return was_there ? place_in_line::in_line : place_in_line::taken;
}

bool manual_runtime::engine::on(detail::home where) const noexcept {
  return in_job_ && running_ == (where == detail::home::cpu ? place::cpu : place::io);
}

void manual_runtime::engine::start(detail::operation& op) noexcept {
  require_own_thread("start");
  op.state.store(0, std::memory_order_relaxed);  // one thread: orders nothing, here and below
  if (op.what == detail::operation::kind::sleep && !closing_) {
    op.size = ++armed_so_far_;
    timers_.emplace(timer_key{op.deadline, op.size}, &op);
    return;
  }
  op.state.store(completed, std::memory_order_relaxed);
  op.result = op.what == detail::operation::kind::sleep ? -ECANCELED : -ENOTSUP;
  completing_.push_back(&op);
}

void manual_runtime::engine::cancel(detail::operation& op) noexcept {
  require_own_thread("cancel");
  if (op.state.exchange(completed, std::memory_order_relaxed) == completed) return;
  timers_.erase({op.deadline, op.size});
  op.result = -ECANCELED;
  completing_.push_back(&op);
}

void manual_runtime::engine::cancel_everything() {
  for (const auto& [key, op] : timers_) {
    op->state.store(completed, std::memory_order_relaxed);
    op->result = -ECANCELED;
    completing_.push_back(op);
  }
  timers_.clear();
}

void manual_runtime::engine::complete_due() {
  while (!timers_.empty() && timers_.begin()->first.first <= now_) {
    detail::operation* const op = timers_.begin()->second;
    timers_.erase(timers_.begin());
    op->state.store(completed, std::memory_order_relaxed);
    op->result = 0;
    completing_.push_back(op);
  }
  while (!completing_.empty()) {
    const auto batch = std::exchange(completing_, {});
    for (auto* op : batch) op->complete(*op);
  }
}

std::size_t manual_runtime::engine::round() {
  complete_due();
  const std::size_t jobs = ready_.size();
  for (std::size_t i = 0; i < jobs; ++i) run_one();
  return jobs;
}

// Which of several ready jobs goes first.
std::size_t manual_runtime::engine::decide(std::size_t ready) {
  std::size_t which = 0;
  if (decided_ < schedule_.size())
    which = std::min<std::size_t>(schedule_[decided_], ready - 1);
  else if (shuffled_ && schedule_.empty())
    which = std::uniform_int_distribution<std::size_t>{0, ready - 1}(random_);
  ++decided_;
  if (record_) decisions_.push_back(static_cast<std::uint32_t>(which));
  return which;
}

void manual_runtime::engine::run_one() {
  if (ready_.size() > 1) std::swap(ready_.front(), ready_[decide(ready_.size())]);
  const ready_job next = ready_.front();
  ready_.pop_front();
  running_ = next.where;
  in_job_ = true;
  next.work->act(next.work, detail::action::run);
  in_job_ = false;
}

bool manual_runtime::engine::idle() const noexcept {
  return ready_.empty() && completing_.empty() && (timers_.empty() || timers_.begin()->first.first > now_);
}

bool manual_runtime::engine::jump(detail::time_point limit) {
  if (timers_.empty()) return false;
  const auto first = timers_.begin()->first.first;
  if (first > limit || first == detail::time_point::max()) return false;  // max: waits to be cancelled, never fires
  if (first > now_) now_ = first;
  return true;
}

void manual_runtime::engine::report(const weir::report& r) noexcept {
  reports_.push_back({r.kind, std::string{r.name}, std::string{r.message}});
  base::end_if_strict(strict_, r);
}

void manual_runtime::engine::task_ended(detail::outcome how) noexcept {
  ++(how == detail::outcome::ok ? counts_.ok : how == detail::outcome::cancelled ? counts_.cancelled : counts_.failed);
}

void manual_runtime::engine::spawn(task<void> t, const char* name, detail::home where) {
  spawned_.push_front(nullptr);
  try {
    spawned_.front() = std::make_unique<spawned_root>(std::move(t), &spawned_ended);
  } catch (...) {
    spawned_.pop_front();
    throw;
  }
  spawned_.front()->place = spawned_.begin();
  spawned_.front()->start(*this, where, name);
}

void manual_runtime::engine::call_at(detail::time_point t, std::function<void()> fn) {
  auto call = std::make_unique<timed_call>(std::move(fn));
  call->deadline = t;
  start(*call.release());
}

void manual_runtime::engine::spawned_ended(detail::root_base& root) noexcept {
  auto& me = *static_cast<engine*>(detail::this_thread_context().sched);
  auto& ended = static_cast<spawned_root&>(root);
  if (ended.how() == detail::outcome::failed)
    me.report(
        {report_kind::unhandled_exception, ended.name(), "a spawned task ended with an exception", ended.error()});
  me.spawned_.erase(ended.place);
}

manual_runtime::engine::entered::entered(engine& e) : before_{detail::this_thread_context()} {
  if (before_.sched == &e) throw would_deadlock{"weir: manual_runtime: called from inside its own loop"};
  e.require_own_thread("its loop");
  detail::this_thread_context() = {.role = detail::thread_role::reactor, .sched = &e};  // blocking here: would_deadlock
}

}  // namespace weir::inline v0::testing
