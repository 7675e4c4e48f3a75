// The reactor's turn; see reactor.hpp for its order.
#include <weir/detail/trace.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/add_alone.hpp"
#include "io/reactor.hpp"

namespace weir::inline v0::io {

namespace {

constexpr std::size_t turn_jobs = 64;
constexpr std::chrono::milliseconds turn_time{1};
constexpr std::chrono::nanoseconds longest_wait = std::chrono::hours{1};

std::uint64_t ns(std::chrono::nanoseconds t) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(t.count(), 0));
}

}  // namespace

void reactor::run() noexcept {
  looked_ = busy_until_ = options_.now();
  static_cast<void>(read_mailboxes());
  while (!finished()) {
    wait_and_harvest();
    static_cast<void>(read_mailboxes());
    fire_timers();
    run_ready();
    if (detail::traced(detail::event::tick)) [[unlikely]]
      trace_turn();
    static_cast<void>(read_mailboxes());  // a continuation's next operation is tried before the reactor sleeps
    flush_batch();
    base::add_alone(turns_, 1);
  }
}

bool reactor::finished() noexcept {
  return stopping_ && operations_.live() == 0 && ready_.first == nullptr && batch_.first == nullptr &&
         submits_.empty() && later_.empty() && cancels_.empty() && jobs_.empty();
}

// Zero when something is known to be ready or arrived just now; otherwise sleep has been announced.
std::int64_t reactor::timeout() noexcept {
  if (ready_.first != nullptr || batch_.first != nullptr) return 0;
  std::chrono::nanoseconds limit = longest_wait;
  if (const detail::operation* next = operations_.next_timer(); next != nullptr) {
    if (next->deadline <= busy_until_) return 0;
    limit = std::min<std::chrono::nanoseconds>(limit, next->deadline - busy_until_);
  }
  if (!submits_.announce_sleep() || !cancels_.announce_sleep() || !jobs_.announce_sleep()) return 0;
  wake_time_.announce(operations_.expecting() ? everything_is_urgent : since_epoch(busy_until_ + limit));
  if (!later_.empty()) return 0;
  base::add_alone(sleeps_, 1);
  return limit.count();
}

void reactor::wait_and_harvest() noexcept {
  std::array<ready_event, 128> events;
  bool woken = false;
  busy_until_ = options_.now();
  const std::chrono::nanoseconds busy = busy_until_ - looked_;
  const int found = backend_->wait(events, timeout(), woken);
  wake_time_.awake();
  looked_ = options_.now();
  if (found < 0) return wait_failed(found);
  for (const ready_event& event : std::span{events}.first(static_cast<std::size_t>(found))) operations_.on_ready(event);
  if (woken && !(submits_.empty() && later_.empty() && cancels_.empty() && jobs_.empty()))
    base::add_alone(wakes_needed_, 1);
  const detail::operation* next = operations_.next_timer();
  std::chrono::nanoseconds late{0};
  if (next != nullptr) {  // a deadline of the distant past is not how late the reactor is
    const detail::time_point due = std::max(next->deadline, looked_ - longest_wait);
    late = std::max(late, std::chrono::nanoseconds{looked_ - due});
  }
  traced_.any = found > 0 || woken || late.count() > 0 || ready_.first != nullptr;
  traced_.lag_ns = ns(std::max(late, busy));
  traced_.harvested = static_cast<std::uint64_t>(found);
  if (traced_.any) lag_.record(traced_.lag_ns);
}

bool reactor::read_mailboxes() noexcept {
  bool any = false;
  const auto each = [&any](auto* node, auto link, auto&& take) {
    while (node != nullptr) {
      auto* const next = std::exchange(node->*link, nullptr);
      take(*node);
      node = next;
      any = true;
    }
  };
  // The links are read before the node is given away: its owner may resume, and end, at once.
  each(submits_.take_all_in_order(), &detail::operation::submit_link, [this](auto& op) { operations_.admit(op); });
  each(later_.take_all_in_order(), &detail::operation::submit_link, [this](auto& op) { operations_.admit(op); });
  each(cancels_.take_all_in_order(), &detail::operation::cancel_link,
       [this](auto& op) { operations_.cancel_message(op); });
  each(jobs_.take_all_in_order(), &detail::job::next, [this](auto& j) { ready_.push(j); });
  return any;
}

void reactor::fire_timers() noexcept { operations_.fire_due(looked_); }

void reactor::run_ready() noexcept {
  traced_.ran_ns = traced_.continuations = 0;
  if (ready_.first == nullptr) return;
  const detail::time_point begin = options_.now();
  detail::time_point mark = begin;
  std::size_t n = 0;
  for (; n < turn_jobs && ready_.first != nullptr && mark - begin < turn_time; ++n) {
    detail::job& j = ready_.pop();
    const char* const name = j.name;
    j.act(&j, detail::action::run);
    const detail::time_point end = options_.now();
    const std::chrono::nanoseconds took = end - mark;
    mark = end;
    continuation_.record(ns(took));
    if (took > options_.slow_continuation) [[unlikely]]
      report_slow(name, took);
  }
  traced_.any = true;
  traced_.ran_ns = ns(mark - begin);
  traced_.continuations = n;
}

// The thread's own clock costs 200 ns: only here.
void reactor::trace_turn() noexcept {
  if (!std::exchange(traced_.any, false)) return;
  timespec cpu{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
  const auto now = static_cast<std::uint64_t>(cpu.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(cpu.tv_nsec);
  const std::uint64_t spent = now - std::exchange(traced_.cpu_ns, now);
  detail::trace(detail::event::tick, detail::trace_pair(traced_.lag_ns, traced_.ran_ns),
                detail::trace_pair(spent, traced_.harvested),
                static_cast<unsigned>(std::min<std::uint64_t>(traced_.continuations, 0xFFFF)));
}

void reactor::report_slow(const char* name, std::chrono::nanoseconds took) noexcept {
  base::add_alone(slow_, 1);
  if (!options_.on_report) return;
  std::array<char, 160> text;
  std::snprintf(text.data(), text.size(), "a continuation held the reactor for %.1f ms; move the work to rt.cpu()",
                static_cast<double>(took.count()) / 1e6);
  options_.on_report({.kind = report_kind::slow_continuation,
                      .name = name != nullptr ? name : "",
                      .message = text.data(),
                      .error = nullptr});
}

void reactor::flush_batch() noexcept {
  if (batch_.first == nullptr) return;
  const job_chain batch = std::exchange(batch_, {});
  base::add_alone(flushes_, 1);
  base::add_alone(flushed_, batch.size);
  options_.flush(options_.arena, batch.first, batch.size);
}

// The wait itself was refused (ENOMEM, or a descriptor of ours was closed by somebody): say so once per power of two,
// keep timers and continuations going, and do not spin.
void reactor::wait_failed(int error) noexcept {
  if (++wait_failures_; options_.on_report && (wait_failures_ & (wait_failures_ - 1)) == 0) {
    std::array<char, 160> text;
    std::snprintf(text.data(), text.size(), "waiting for events failed %llu times: %s",
                  static_cast<unsigned long long>(wait_failures_), strerrordesc_np(-error));
    options_.on_report(
        {.kind = report_kind::resource, .name = backend_->name(), .message = text.data(), .error = nullptr});
  }
  const timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
  nanosleep(&pause, nullptr);
}

void reactor::job_chain::push(detail::job& j) noexcept {
  j.next = nullptr;
  (last != nullptr ? last->next : first) = &j;
  last = &j;
  ++size;
}

detail::job& reactor::job_chain::pop() noexcept {
  detail::job& j = *first;
  first = j.next;
  if (first == nullptr) last = nullptr;
  --size;
  return j;
}

}  // namespace weir::inline v0::io
