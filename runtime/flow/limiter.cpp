#include <weir/limiter.hpp>

#include <atomic>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include <weir/detail/trampoline.hpp>

#include "base/histogram.hpp"

namespace weir::inline v0 {

using detail::credit_answer;
using detail::wait_end;

namespace {

detail::time_point now_of(const detail::scheduler* clock) noexcept {
  return clock != nullptr ? clock->now() : std::chrono::steady_clock::now();
}

std::uint64_t nanoseconds_of(std::chrono::nanoseconds d) noexcept {
  return d.count() > 0 ? static_cast<std::uint64_t>(d.count()) : 0;
}

}  // namespace

struct limiter::times {
  base::histogram wait, hold;
  std::atomic<std::uint64_t> rejected{0};  // statistics: relaxed, order nothing
  std::atomic<bool> nesting_reported{false};
};

limiter::limiter(std::size_t limit, const limiter_options& options, detail::listed::visit_fn visit)
    : line_{limit, options.max_waiters}, options_{options}, times_{std::make_unique<times>()}, entry_{this, visit} {
  trace_units(detail::event::limit, limit);
}

limiter::limiter(limit_policy& policy, const limiter_options& options)
    : line_{policy.limit(), options.max_waiters},
      options_{options},
      policy_{&policy},
      times_{std::make_unique<times>()},
      entry_{this, &list} {
  trace_units(detail::event::limit, policy.limit());
}

limiter::~limiter() {
  const auto left = line_.read();
  if (left.in_use == 0 && left.waiting == 0) return;
  std::fprintf(stderr, "weir: limiter '%s' was destroyed with %zu units in use and %zu waiting\n", options_.name,
               left.in_use, left.waiting);
  std::terminate();
}

void limiter::set_limit(std::size_t limit) noexcept {
  trace_units(detail::event::limit, limit);
  line_.resize(limit);
}

void limiter::trace_units(detail::event what, std::uint64_t arg) const noexcept {
  detail::trace(what, detail::trace_id(this), arg, 0, options_.name);
}

void limiter::check_amount(std::size_t n) const {
  if (n == 0) throw std::invalid_argument{"weir::limiter: n must be at least 1"};
}

// Only what the task and those that await it hold in their frames counts, so "would wait for itself" is certain.
void limiter::check_nesting(const detail::promise_base& task, std::size_t n) {
  const std::size_t held = detail::held_by(task, this);
  if (held == 0) return;
  const std::size_t most = limit();
  const auto message = [&](const char* end) {
    return "asks for " + std::to_string(n) + " of limiter '" + options_.name + "' (limit " + std::to_string(most) +
           ") while it holds " + std::to_string(held) + end;
  };
  if (most != 0 && (held >= most || n > most - held))
    throw would_deadlock{std::string{"weir: "} + task.task_name() + " " + message(": it would wait for itself")};
  if (times_->nesting_reported.exchange(true, std::memory_order_relaxed)) return;
  task.env.sched->report({report_kind::nested_acquire, task.task_name(),
                          message(": several such tasks can wait for each other"), nullptr});
}

void limiter::refuse(credit_answer why, std::size_t n) const {
  const std::string who = std::string{"weir: limiter '"} + options_.name + "'";
  switch (why) {
    case credit_answer::overloaded:
      throw overloaded{who + ": " + std::to_string(options_.max_waiters) + " are waiting already"};
    case credit_answer::too_large:
      throw std::invalid_argument{who + ": n is " + std::to_string(n) + ", more than its limit"};
    case credit_answer::closed:
      throw limiter_closed{who + " is closed"};
    default:
      throw operation_cancelled{};
  }
}

permit limiter::try_acquire(std::size_t n) {
  check_amount(n);
  if (!line_.try_take(n)) return {};
  return {*this, n, nullptr, nullptr, now_of(nullptr)};
}

permit limiter::acquire_blocking(std::size_t n, std::chrono::steady_clock::time_point until) {
  struct blocked : line::claim, detail::parked_thread {
    explicit blocked(std::size_t units) noexcept : claim{units, &woken} {}
    static void woken(detail::waiter& w) noexcept { static_cast<blocked&>(w).wake(); }
    using parked_thread::wake;  // not waiter::wake
  } me{n};
  check_amount(n);
  detail::parked_thread::check_outside("limiter::acquire_blocking");
  const auto asked = now_of(nullptr);
  const credit_answer verdict = line_.take(me, [] { return true; });
  if (verdict != credit_answer::granted && verdict != credit_answer::waits) refuse(verdict, n);
  if (verdict == credit_answer::waits) {
    if (!me.sleep(until) && !line_.withdraw(me, wait_end::timed_out))
      static_cast<void>(me.sleep(detail::time_point::max()));  // decided meanwhile: its wake-up is on the way
    if (me.how == wait_end::closed) refuse(credit_answer::closed, n);
    if (me.how == wait_end::timed_out) throw operation_timed_out{"weir: no permit before the time limit"};
  }
  return {*this, n, nullptr, nullptr, asked};
}

void limiter::list(void* what, detail::listing& to) {
  auto& me = *static_cast<limiter*>(what);
  const auto set = [](void* it, std::size_t n) { static_cast<limiter*>(it)->set_limit(n); };
  me.list_as(to, observed_kind::limiter, "limiter", {&me, me.policy_ == nullptr ? +set : nullptr});
}

void limiter::list_as(detail::listing& to, observed_kind kind, const char* type, detail::lever by) const {
  const limiter_stats s = stats();
  const auto c = line_.read();
  observation one;
  one.kind = kind;
  one.type = type;
  one.name = s.name;
  one.capacity = c.limit;
  one.when_full = options_.max_waiters != limiter_options{}.max_waiters ? "waits, refuses" : "waits";
  one.depth = c.in_use;
  one.peak = c.peak;
  one.waiting = c.waiting;
  one.in = c.units;
  one.out = c.units - c.in_use;
  one.refused = c.overloaded;
  one.wait = {s.wait_p50_ns, s.wait_p99_ns, s.wait_max_ns};
  one.hold = {s.hold_p50_ns, s.hold_p99_ns, s.hold_max_ns};
  to.add(std::move(one), by);
}

limiter_stats limiter::stats() const {
  const auto c = line_.read();
  const auto& w = times_->wait;
  const auto& h = times_->hold;
  return {options_.name,
          c.limit,
          c.in_use,
          c.waiting,
          c.peak,
          c.granted,
          c.overloaded,
          c.withdrawn,
          times_->rejected.load(std::memory_order_relaxed),
          w.percentile(0.5),
          w.percentile(0.99),
          w.max(),
          h.percentile(0.5),
          h.percentile(0.99),
          h.max(),
          h.sum()};
}

void limiter::ended(const permit& p, detail::time_point at) noexcept {
  trace_units(detail::event::permit_give, p.amount());
  times_->hold.record_shared(nanoseconds_of(at - p.since_));
  if (p.rejected_) times_->rejected.fetch_add(1, std::memory_order_relaxed);
  limit_policy* const policy = policy_;
  if (policy == nullptr) return line_.give(p.amount());  // the limiter may be gone after this
  // With a policy the units go back last, so that nobody destroys the limiter under the policy's answer.
  const auto before = line_.read();
  policy->completed(
      {at, p.waited_, at - p.since_, p.amount(), before.in_use - p.amount(), before.waiting, p.rejected_});
  const std::size_t limit = policy->limit();
  if (limit != before.limit) set_limit(limit);
  line_.give(p.amount());
}

permit::permit(limiter& from, std::size_t n, detail::scheduler* clock, detail::promise_base* by,
               detail::time_point asked) noexcept
    : from_{&from}, clock_{clock}, since_{now_of(clock)}, waited_{since_ - asked} {
  of = &from;
  lease::amount = n;
  from.times_->wait.record_shared(nanoseconds_of(waited_));
  if (detail::traced(detail::event::permit_take)) [[unlikely]]
    from.trace_units(detail::event::permit_take, detail::trace_pair(n, from.line_.read().in_use));
  if (by != nullptr) hold_in(*by);
}

void permit::take_over(permit& other) noexcept {
  other.forget();
  of = other.of;
  lease::amount = std::exchange(other.lease::amount, 0);
  from_ = std::exchange(other.from_, nullptr);
  clock_ = other.clock_;
  since_ = other.since_;
  waited_ = other.waited_;
  rejected_ = other.rejected_;
}

permit::permit(permit&& other) noexcept : lease{} { take_over(other); }

permit& permit::operator=(permit&& other) noexcept {
  if (this == &other) return *this;
  release();
  take_over(other);
  return *this;
}

void permit::release() noexcept {
  if (from_ == nullptr) return;
  forget();
  std::exchange(from_, nullptr)->ended(*this, now_of(clock_));
  lease::amount = 0;
}

void limiter::acquire_awaiter::begin(detail::promise_base& task) {
  if (stopped_before(task)) return detail::resume_next(task.self);
  from_->check_nesting(task, amount);
  asked_ = task.env.sched->now();
  verdict_ = credit_answer::granted;  // before it can be resumed elsewhere; what follows a wait is in `how`
  const credit_answer verdict = from_->line_.take(*this, [this] {
    from_->trace_units(detail::event::permit_wait, amount);
    return may_wait(detail::wait_cause::limiter, from_);
  });
  if (verdict == credit_answer::waits) return;
  verdict_ = verdict;
  task.go_on();
}

permit limiter::acquire_awaiter::await_resume() {
  end_wait();
  if (verdict_ != credit_answer::granted) from_->refuse(verdict_, amount);
  if (how == wait_end::closed) from_->refuse(credit_answer::closed, amount);
  if (how == wait_end::stopped) throw operation_cancelled{};
  return permit{*from_, amount, task().env.sched, &task(), asked_};
}

void limiter::acquire_awaiter::withdraw(detail::parked_task& t) noexcept {
  auto& me = static_cast<acquire_awaiter&>(t);
  me.from_->line_.withdraw(me, wait_end::stopped);
}

}  // namespace weir::inline v0
