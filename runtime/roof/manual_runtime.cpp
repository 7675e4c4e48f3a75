#include <weir/detail/saturating.hpp>
#include <weir/detail/thread_context.hpp>
#include <weir/error.hpp>
#include <weir/testing.hpp>

#include <algorithm>

#include "roof/manual_engine.hpp"

namespace weir::inline v0::testing {

manual_runtime::manual_runtime(const manual_options& options) : engine_{std::make_unique<engine>(options)} {}
manual_runtime::~manual_runtime() = default;

detail::scheduler& manual_runtime::scheduler() noexcept { return *engine_; }

void manual_runtime::finished(detail::root_base&) noexcept {
  static_cast<engine*>(detail::this_thread_context().sched)->awaited = nullptr;  // block_on does not nest
}

void manual_runtime::spawn(task<void> t, const char* name, detail::home where) {
  engine_->spawn(std::move(t), name, where);
}

bool manual_runtime::run_to_end(detail::root_base& root) {
  engine& e = *engine_;
  const engine::entered here{e};
  e.awaited = &root;
  e.stuck = false;
  while (e.awaited != nullptr) {
    if (!e.idle()) {
      e.round();
    } else if (!e.jump(detail::time_point::max())) {
      if (e.stuck) break;
      e.stuck = true;
      root.request_stop();
    }
  }
  const bool ended = e.awaited == nullptr;
  e.awaited = nullptr;
  return ended;
}

void manual_runtime::throw_if_inside() const {
  if (detail::this_thread_context().sched == engine_.get())
    throw would_deadlock{"weir: manual_runtime: block_on from inside its own loop"};
}

void manual_runtime::throw_if_stuck() const {
  if (!engine_->stuck) return;
  throw would_deadlock{
      "weir: manual_runtime::block_on: nothing is runnable and no timer is armed, the task can never end"};
}

std::size_t manual_runtime::run_until_idle() {
  const engine::entered here{*engine_};
  std::size_t jobs = 0;
  while (!engine_->idle()) jobs += engine_->round();
  return jobs;
}

std::size_t manual_runtime::advance(std::chrono::nanoseconds d) {
  const auto target = detail::saturating_add(now(), d);
  std::size_t jobs = run_until_idle();
  while (engine_->jump(target)) jobs += run_until_idle();
  engine_->move_clock(std::max(target, now()));
  return jobs;
}

void manual_runtime::call_at(std::chrono::steady_clock::time_point t, std::function<void()> fn) {
  engine_->call_at(t, std::move(fn));
}

std::weak_ptr<const void> manual_runtime::life() const noexcept { return engine_->life_; }

std::chrono::steady_clock::time_point manual_runtime::now() const noexcept { return engine_->now(); }
std::size_t manual_runtime::armed_timers() const noexcept { return engine_->timers_.size(); }
task_counts manual_runtime::tasks() const noexcept { return engine_->counts_; }
const std::vector<std::uint32_t>& manual_runtime::schedule() const noexcept { return engine_->decisions_; }
const std::vector<recorded_report>& manual_runtime::reports() const noexcept {
  engine_->seen_reports_ = engine_->reports_.size();
  return engine_->reports_;
}

snapshot manual_runtime::observe() const {
  runtime_stats own;
  const task_counts n = tasks();
  own.tasks_started = n.started;
  own.tasks_ok = n.ok;
  own.tasks_failed = n.failed;
  own.tasks_cancelled = n.cancelled;
  own.timers_armed = armed_timers();
  for (const recorded_report& r : reports()) ++own.reports.at(static_cast<std::size_t>(r.kind));
  return {now(), own, weir::observe()};
}

std::string manual_runtime::report() { return engine_->writer_(observe()); }

std::size_t manual_runtime::reports(report_kind kind) const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(reports(), [kind](const recorded_report& r) { return r.kind == kind; }));
}

}  // namespace weir::inline v0::testing
