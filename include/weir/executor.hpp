// weir/executor.hpp - how work is handed to a runtime's workers.                               [floor: rt]
//
//   post      fire and forget, but owned and counted: an exception goes to the report sink
//   submit    the same with a future for the result
//   *_bulk    a million items as one node: chunks are split off lazily, where workers are free
//   post_after, post_every   the same later, by the runtime's clock
//
// Admission. The queue is strictly bounded (runtime_options::queue_capacity). What a full queue means is chosen once,
// in runtime_options::on_full: the caller waits, or gets queue_full, or runs the work itself. A worker never waits: it
// has its own bounded deque, then the queue, then queue_full (or runs the work, under run_inline).
// Order. Work of one outside thread starts in the order it was posted, as far as one worker runs it; what a worker
// submits itself starts newest first. There is no order between threads. A strand (strand.hpp) gives a total one.
#pragma once

#include <weir/detail/bulk.hpp>
#include <weir/detail/delayed.hpp>
#include <weir/detail/executor_core.hpp>
#include <weir/detail/post_node.hpp>
#include <weir/detail/submitted.hpp>
#include <weir/error.hpp>
#include <weir/future.hpp>
#include <weir/place.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace weir::inline v0 {

/// When a job runs relative to others: high at the next scheduling point of any worker; low when nothing else is
/// there, and at least once in 64 looks. Jobs submitted by a running job inherit its priority unless they say.
enum class priority : unsigned { high, normal, low, inherit };

/// The first argument of every submission that says more than the work itself.
struct task_options {
  weir::priority priority = weir::priority::inherit;
  std::stop_token stop{};      ///< asked to stop before the job starts: it ends as cancelled, unrun
  const char* name = nullptr;  ///< static string, for traces and reports; null: the type of what is run
};

namespace detail {

/// f, unless its stop comes before it starts.
template <class F>
struct stoppable_call {
  std::stop_token stop;
  F f;
  template <class... A>
  decltype(auto) operator()(A&&... args) {
    if (stop.stop_requested()) throw operation_cancelled{"weir: stopped before it started"};
    return std::invoke(f, std::forward<A>(args)...);
  }
};
template <class F>
struct wrapped_callable<stoppable_call<F>> : wrapped_callable<F> {};

/// f for the i-th element of a range.
template <class R, class F>
struct call_for_element {
  R range;
  F f;
  void operator()(std::size_t i) {
    std::invoke(f, std::ranges::begin(range)[static_cast<std::ranges::range_difference_t<R>>(i)]);
  }
};
template <class R, class F>
struct wrapped_callable<call_for_element<R, F>> : wrapped_callable<F> {};

}  // namespace detail

template <class R>
concept random_access_work = std::ranges::random_access_range<R> && std::ranges::sized_range<R>;

/// A handle to the workers of one runtime (or to a strand). Copies are free; valid as long as the runtime.
class executor {
 public:
  explicit executor(detail::executor_core& core) noexcept : core_{&core} {}

  /// Runs fn() on a worker.
  /// Requires  fn is move-constructible and callable without arguments; its result is dropped
  /// Errors    queue_full (on_full::reject, or a worker under on_full::wait); runtime_closed; would_deadlock (the
  ///           reactor under on_full::wait); std::bad_alloc. Then fn was not run and is destroyed.
  ///           What fn throws is reported (report_kind::unhandled_exception) and counted as failed.
  /// Ordering  what precedes post() is visible to fn
  /// Blocks    only under on_full::wait, while the queue is full, on threads that are not weir's
  /// Cost      one pooled node: no heap up to 900 bytes of captures   (bench: post)
  template <std::invocable F>
  void post(F&& fn) {
    admit(*detail::make_post(std::forward<F>(fn)), {});
  }
  template <std::invocable F>
  void post(const task_options& options, F&& fn) {
    admit(*detail::make_post(guarded(options, std::forward<F>(fn))), options);
  }

  /// post() that never waits and never throws queue_full. False: no room, or closed; fn is destroyed unrun.
  /// Errors    std::bad_alloc
  template <std::invocable F>
  [[nodiscard]] bool try_post(F&& fn) {
    return try_admit(*detail::make_post(std::forward<F>(fn)), {});
  }
  template <std::invocable F>
  [[nodiscard]] bool try_post(const task_options& options, F&& fn) {
    return try_admit(*detail::make_post(guarded(options, std::forward<F>(fn))), options);
  }

  /// Runs fn(args...) on a worker; its result or exception arrives through the future. Arguments are decay-copied.
  /// Errors    as post(); what fn throws goes to the future
  /// Ordering  what precedes submit() is visible to fn; what fn did is visible after get()
  /// Cost      one pooled node that holds job, callable and result   (bench: submit)
  template <class F, class... A>
    requires std::invocable<std::decay_t<F>, std::decay_t<A>...>
  [[nodiscard]] auto submit(F&& fn, A&&... args) {
    auto [j, result] = detail::make_submitted(std::forward<F>(fn), std::forward<A>(args)...);
    result.belongs_to(core_->owner());
    admit(*j, {});
    return std::move(result);
  }
  template <class F, class... A>
    requires std::invocable<std::decay_t<F>, std::decay_t<A>...>
  [[nodiscard]] auto submit(const task_options& options, F&& fn, A&&... args) {
    auto [j, result] = detail::make_submitted(guarded(options, std::forward<F>(fn)), std::forward<A>(args)...);
    result.belongs_to(core_->owner());
    admit(*j, options);
    return std::move(result);
  }

  /// Runs fn(i) for every i in [0, n) on the workers. One node for all of it; pieces are split off for idle workers.
  /// Errors    as post(), for all n items at once. What fn(i) throws is reported and counted; the others still run.
  ///           A stop (task_options::stop) ends the items that have not started as cancelled.
  /// Cost      O(workers * log n) pooled nodes in all   (bench: post_bulk)
  template <std::invocable<std::size_t> F>
  void post_bulk(std::size_t n, F&& fn) {
    post_bulk({}, n, std::forward<F>(fn));
  }
  template <std::invocable<std::size_t> F>
  void post_bulk(const task_options& options, std::size_t n, F&& fn) {
    start_bulk(n, detail::make_bulk<detail::posted_bulk>(*core_, n, options.stop, std::forward<F>(fn)), options);
  }

  /// Runs fn(element) for every element of a range. The range is moved in (views are copied: what they show must stay).
  template <random_access_work R, class F>
    requires std::invocable<F&, std::ranges::range_reference_t<R>>
  void post_bulk(R&& range, F&& fn) {
    post_bulk({}, std::forward<R>(range), std::forward<F>(fn));
  }
  template <random_access_work R, class F>
    requires std::invocable<F&, std::ranges::range_reference_t<R>>
  void post_bulk(const task_options& options, R&& range, F&& fn) {
    const auto n = static_cast<std::size_t>(std::ranges::size(range));  // before the range is moved away
    post_bulk(options, n, over(std::forward<R>(range), std::forward<F>(fn)));
  }

  /// post_bulk() with a future that is ready when every item has ended. The first exception, in time, is
  /// delivered through it, after the last item; those of items that were running beside it are reported
  /// (report_kind::never_awaited), items that had not started by then are skipped and counted as cancelled.
  template <std::invocable<std::size_t> F>
  [[nodiscard]] future<void> submit_bulk(std::size_t n, F&& fn) {
    return submit_bulk({}, n, std::forward<F>(fn));
  }
  template <std::invocable<std::size_t> F>
  [[nodiscard]] future<void> submit_bulk(const task_options& options, std::size_t n, F&& fn) {
    promise<void> done;
    future<void> result = done.get_future();
    result.belongs_to(core_->owner());
    if (n == 0)
      done.set_value();
    else
      start_bulk(
          n, detail::make_bulk<detail::submitted_bulk>(*core_, n, options.stop, std::forward<F>(fn), std::move(done)),
          options);
    return result;
  }
  template <random_access_work R, class F>
    requires std::invocable<F&, std::ranges::range_reference_t<R>>
  [[nodiscard]] future<void> submit_bulk(R&& range, F&& fn) {
    return submit_bulk({}, std::forward<R>(range), std::forward<F>(fn));
  }
  template <random_access_work R, class F>
    requires std::invocable<F&, std::ranges::range_reference_t<R>>
  [[nodiscard]] future<void> submit_bulk(const task_options& options, R&& range, F&& fn) {
    const auto n = static_cast<std::size_t>(std::ranges::size(range));  // before the range is moved away
    return submit_bulk(options, n, over(std::forward<R>(range), std::forward<F>(fn)));
  }

  /// Posts every callable of a range: one node each, but one bulk push and at most one wake-up per 64 of them.
  /// Errors    as post(), for the first that was not admitted, and what copying a callable throws; those before it
  ///           run, those after it (those of its batch of 64, when it was not admitted) are destroyed unrun
  /// Cost      bench: post_each, ns per callable
  template <std::ranges::input_range R>
    requires std::invocable<std::ranges::range_value_t<R>>
  void post_each(R&& callables) {
    post_each({}, std::forward<R>(callables));
  }
  template <std::ranges::input_range R>
    requires std::invocable<std::ranges::range_value_t<R>>
  void post_each(const task_options& options, R&& callables) {
    detail::job* batch[64];
    std::size_t n = 0;
    try {
      for (auto&& fn : callables) {
        if (n == std::size(batch)) admit_all(batch, std::exchange(n, 0));
        batch[n] = options.stop.stop_possible() ? detail::make_post(guarded(options, std::forward<decltype(fn)>(fn)))
                                                : detail::make_post(std::forward<decltype(fn)>(fn));
        prepare(*batch[n++], options);
      }
    } catch (...) {  // a callable could not be copied: those before it run
      if (n != 0) admit_all(batch, n);
      throw;
    }
    if (n != 0) admit_all(batch, n);
  }

  /// Posts fn after a delay of the runtime's clock. The handle cancels it until it starts; dropping it does not. At
  /// shutdown a job that has been handed in is work like any other, one whose time has not come ends.
  /// Errors    runtime_closed. If there is no room when the time comes, it is tried again a millisecond later.
  /// Options   the priority is settled here: inherit means that of the job which calls. The stop is looked at when the
  ///           time has come.
  template <std::invocable F>
  delayed_job post_after(std::chrono::nanoseconds delay, F&& fn) {
    return post_after({}, delay, std::forward<F>(fn));
  }
  template <std::invocable F>
  delayed_job post_after(const task_options& options, std::chrono::nanoseconds delay, F&& fn) {
    return schedule(options, delay, std::chrono::nanoseconds{0}, std::forward<F>(fn));
  }

  /// Posts fn every `period`, first after one period; never overlapping itself: a run that is late by more than a
  /// period skips the missed ones and counts them. Requires period > 0 (std::invalid_argument).
  template <std::invocable F>
  delayed_job post_every(std::chrono::nanoseconds period, F&& fn) {
    return post_every({}, period, std::forward<F>(fn));
  }
  template <std::invocable F>
  delayed_job post_every(const task_options& options, std::chrono::nanoseconds period, F&& fn) {
    if (period <= std::chrono::nanoseconds{0}) throw std::invalid_argument{"weir: post_every: period must be > 0"};
    return schedule(options, period, period, std::forward<F>(fn));
  }

  /// How many workers there are.
  [[nodiscard]] unsigned workers() const noexcept { return core_->workers(); }

  /// True on a worker thread of this executor's runtime.
  [[nodiscard]] bool is_worker_here() const noexcept { return core_->is_worker_here(); }

  /// As a place for tasks: co_await resume_on(rt.cpu()), spawn(rt.cpu(), task).
  /// Errors    std::invalid_argument: a strand's executor runs jobs only
  operator place() const {  // NOLINT(google-explicit-constructor)
    detail::scheduler* const rt = core_->home_of_tasks();
    if (rt == nullptr) throw std::invalid_argument{"weir: a strand is no place for tasks"};
    return {*rt, detail::home::cpu};
  }

  [[nodiscard]] detail::executor_core& core() const noexcept { return *core_; }

  friend bool operator==(const executor&, const executor&) = default;

 private:
  template <class F>
  static auto guarded(const task_options& options, F&& fn) {
    return detail::stoppable_call<std::decay_t<F>>{options.stop, std::forward<F>(fn)};
  }

  template <class R, class F>
  static auto over(R&& range, F&& fn) {
    return detail::call_for_element<std::decay_t<R>, std::decay_t<F>>{std::forward<R>(range), std::forward<F>(fn)};
  }

  bool try_admit(detail::job& j, const task_options& options) {
    prepare(j, options);
    const detail::admission how = core_->try_submit(j);
    if (how == detail::admission::accepted) return true;
    if (how == detail::admission::no_memory) detail::refuse(j, how);
    (void)j.act(&j, detail::action::cancel);
    return false;
  }

  template <class F>
  delayed_job schedule(const task_options& options, std::chrono::nanoseconds delay, std::chrono::nanoseconds period,
                       F&& fn) {
    auto made = detail::make_delayed(delay, period, std::forward<F>(fn));
    prepare(*made, options);
    made->stop_with(options.stop);
    core_->schedule(made, *core_);
    return delayed_job{std::move(made)};
  }

  // The callable's own name is kept when the options have none.
  static void prepare(detail::job& j, const task_options& options) noexcept {
    if (options.name != nullptr) j.name = options.name;
    j.lane =
        options.priority == priority::inherit ? detail::inherited_lane() : static_cast<std::uint8_t>(options.priority);
  }

  void admit(detail::job& j, const task_options& options) {
    prepare(j, options);
    const detail::admission how = core_->submit(j, 1);
    if (how > detail::admission::ran_inline) detail::refuse(j, how);
  }

  void admit_all(detail::job* const* jobs, std::size_t n) {
    detail::admission why{};
    const std::size_t in = core_->submit_all(jobs, n, why);
    if (in == n) return;
    for (std::size_t i = in; i < n; ++i) (void)jobs[i]->act(jobs[i], detail::action::cancel);
    detail::throw_refused(why);
  }

  void start_bulk(std::size_t n, detail::job* j, const task_options& options) {
    if (j == nullptr) return;  // nothing to do
    prepare(*j, options);
    const detail::admission how = core_->submit(*j, n);
    if (how <= detail::admission::ran_inline) return;
    detail::bulk::abandon(*j);
    detail::throw_refused(how);
  }

  detail::executor_core* core_;
};

/// The calling thread as a worker.
namespace this_worker {
/// Its index in [0, workers), or nothing outside workers.
[[nodiscard]] std::optional<unsigned> index() noexcept;
}  // namespace this_worker

}  // namespace weir::inline v0
