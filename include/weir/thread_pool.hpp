// weir/thread_pool.hpp - the drop-in for a hand-rolled thread pool.                            [floor: roof]
//
//   weir::thread_pool pool{4};
//   auto sum = pool.submit([](int a, int b) { return a + b; }, 1, 2);      sum.get() == 3
//   pool.detach([] { log(); });        pool.wait();
//
// What a pool of one's own has and a runtime leaves out: starts strictly in order of submission, pause and purge, one
// place to wait for everything. It owns a runtime and hands it one job after the other through a bounded queue with a
// short lock; where a job is less than a microsecond of work, use a loop (detach_loop), or runtime::cpu() directly.
// How to move over, idiom by idiom: docs/howto/replace-a-thread-pool.md.
//
// Full        The queue holds queue_capacity jobs. on_full::wait blocks the submitter until there is room; a worker of
//             the pool cannot wait for itself and gets queue_full. reject: queue_full. run_inline: the submitter runs
//             the job (out of order), and gets queue_full only when its stack is nearly used up.
// Exceptions  of a job go to its future, of a detached job to the report sink; the pool goes on.
// Destructor  finishes what has been submitted, a paused pool too; delayed jobs not yet due and periodic ones end.
#pragma once

#include <weir/detail/pool_queue.hpp>
#include <weir/detail/post_node.hpp>
#include <weir/detail/submitted.hpp>
#include <weir/executor.hpp>
#include <weir/multi_future.hpp>
#include <weir/runtime.hpp>
#include <weir/thread_pool_options.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::inline v0 {

class thread_pool {
 public:
  /// Starts the threads. Errors: std::invalid_argument naming the option; std::system_error when threads cannot be
  /// created; then nothing is left behind.
  explicit thread_pool(const thread_pool_options& options = {});
  explicit thread_pool(unsigned threads) : thread_pool{thread_pool_options{.threads = threads}} {}
  /// init(index) runs once on each worker thread before its first job.
  thread_pool(unsigned threads, std::function<void(unsigned)> init)
      : thread_pool{thread_pool_options{.threads = threads, .init = std::move(init)}} {}
  /// Finishes the work and joins the threads. Not on a thread of the pool: that terminates the process.
  ~thread_pool();
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;

  /// Runs fn(args...) on a worker; result or exception arrive through the future. Arguments are decay-copied.
  /// Errors    queue_full; runtime_closed (child of a fork); would_deadlock (reactor threads, full queue);
  ///           std::bad_alloc. Then fn was not run and is destroyed.
  /// Ordering  jobs start in the order they were submitted. What precedes submit() is visible to fn; what fn did is
  ///           visible after get()
  /// Blocks    only under on_full::wait, while the queue is full; a paused pool makes no room
  /// Cost      one pooled node and two short locks
  template <class F, class... A>
    requires std::invocable<std::decay_t<F>, std::decay_t<A>...>
  auto submit(F&& fn, A&&... args) {
    auto made = prepare(std::forward<F>(fn), std::forward<A>(args)...);
    detail::pool_place* const place = made.first;
    queue_->admit(&place, 1);
    return std::move(made.second);
  }

  /// Runs fn(args...) on a worker. An exception is reported (report_kind::unhandled_exception). Errors, order, blocking
  /// and cost as submit().
  template <class F, class... A>
    requires std::invocable<std::decay_t<F>, std::decay_t<A>...>
  void detach(F&& fn, A&&... args) {
    detail::pool_place* place = nullptr;
    if constexpr (sizeof...(A) == 0)
      place = prepare_detached(std::forward<F>(fn));
    else
      place = prepare_detached(bind(std::forward<F>(fn), std::forward<A>(args)...));
    queue_->admit(&place, 1);
  }

  // --- loops: [first, last) in `blocks` contiguous parts, 0: as many as there are threads ---

  /// fn(i) for every index, one job and one future a block. fn is copied once and called from several threads at once.
  /// An exception ends its block. Errors as submit(), for all blocks or none; an empty range gives no futures.
  template <std::integral I, std::integral J, std::invocable<std::common_type_t<I, J>> F>
  multi_future<void> submit_loop(I first, J last, F&& fn, std::size_t blocks = 0) {
    return submit_blocks(first, last, each<std::common_type_t<I, J>>(std::forward<F>(fn)), blocks);
  }
  /// fn(begin, end) for every block; its results in order.
  template <std::integral I, std::integral J, class F, class X = std::common_type_t<I, J>>
    requires std::invocable<F&, X, X>
  auto submit_blocks(I first, J last, F&& fn, std::size_t blocks = 0) {
    return submit_parts<X>(split<X>(static_cast<X>(first), static_cast<X>(last), blocks), std::forward<F>(fn));
  }
  /// fn(i) for every index, one job and one result each.
  template <std::integral I, std::integral J, class F, class X = std::common_type_t<I, J>>
    requires std::invocable<F&, X>
  auto submit_sequence(I first, J last, F&& fn) {
    return submit_parts<X>(split<X>(static_cast<X>(first), static_cast<X>(last), static_cast<std::size_t>(-1)),
                           [f = std::forward<F>(fn)](X begin, X) mutable { return std::invoke(f, begin); });
  }
  template <std::integral I, std::integral J, std::invocable<std::common_type_t<I, J>> F>
  void detach_loop(I first, J last, F&& fn, std::size_t blocks = 0) {
    detach_blocks(first, last, each<std::common_type_t<I, J>>(std::forward<F>(fn)), blocks);
  }
  template <std::integral I, std::integral J, class F, class X = std::common_type_t<I, J>>
    requires std::invocable<F&, X, X>
  void detach_blocks(I first, J last, F&& fn, std::size_t blocks = 0) {
    detach_parts<X>(split<X>(static_cast<X>(first), static_cast<X>(last), blocks), std::forward<F>(fn));
  }
  template <std::integral I, std::integral J, class F, class X = std::common_type_t<I, J>>
    requires std::invocable<F&, X>
  void detach_sequence(I first, J last, F&& fn) {
    detach_parts<X>(split<X>(static_cast<X>(first), static_cast<X>(last), static_cast<std::size_t>(-1)),
                    [f = std::forward<F>(fn)](X begin, X) mutable { std::invoke(f, begin); });
  }

  // --- later ---

  /// fn() joins the queue, a full one too, when the delay is over: from then on it is a job like others for wait(),
  /// purge() and the destructor. The handle cancels it until it starts. An exception is reported.
  template <std::invocable F>
  delayed_job detach_after(std::chrono::nanoseconds delay, F&& fn) {
    using node = detail::delayed_in_pool<std::decay_t<F>>;
    const auto made = std::allocate_shared<node>(detail::pool_allocator<node>{}, *queue_, delay, std::forward<F>(fn));
    runtime_->cpu().core().schedule(made, *made);
    return delayed_job{made};
  }
  /// Runs fn() every period, first after one period, never overlapping itself; not while the pool is paused.
  template <std::invocable F>
  delayed_job detach_every(std::chrono::nanoseconds period, F&& fn) {
    return runtime_->cpu().post_every(period, [this, f = std::forward<F>(fn)]() mutable { (void)queue_->run_here(f); });
  }

  // --- the whole ---

  /// Waits until every job has ended (a paused pool: until none runs), those submitted meanwhile included.
  /// Errors    would_deadlock on the pool's workers and on reactor threads
  void wait() { (void)queue_->wait(std::chrono::steady_clock::time_point::max()); }
  /// The same with a limit; false: the time ran out.
  template <class Rep, class Period>
  [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& limit) {
    return queue_->wait(detail::deadline_after(limit));
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& limit) {
    return wait_for(detail::left_until(limit));
  }

  /// No further job starts; those that run go on. Jobs can be submitted until the queue is full. A job that waits for
  /// the future of a queued one still runs that one in place.
  void pause() { queue_->pause(); }
  void unpause() { queue_->unpause(); }
  [[nodiscard]] bool is_paused() const { return queue_->paused(); }

  /// Ends every job that has not started: it is destroyed, its future gets operation_cancelled. How many.
  std::size_t purge() { return queue_->purge(); }

  /// The number of threads.
  [[nodiscard]] unsigned size() const noexcept { return threads_; }
  [[nodiscard]] unsigned get_thread_count() const noexcept { return threads_; }
  [[nodiscard]] std::size_t tasks_queued() const { return queue_->stats().queued; }
  [[nodiscard]] std::size_t tasks_running() const { return queue_->stats().running; }
  [[nodiscard]] std::size_t tasks_total() const {
    const thread_pool_stats now = queue_->stats();
    return now.queued + now.running;
  }
  /// What became of all jobs so far.
  [[nodiscard]] thread_pool_stats stats() const { return queue_->stats(); }
  /// The runtime underneath, for everything a pool does not have. Its jobs are not the pool's.
  [[nodiscard]] weir::runtime& runtime() noexcept { return *runtime_; }

 private:
  template <class X>
  struct part {
    X begin, end;
  };

  template <class F, class... A>
  auto prepare(F&& fn, A&&... args) {
    auto made = detail::make_hooked<detail::pool_place>(std::forward<F>(fn), std::forward<A>(args)...);
    made.first->self = made.first;
    made.second.belongs_to(&runtime_->scheduler());
    return made;
  }
  template <class F>
  static detail::pool_place* prepare_detached(F&& fn) {
    using node = detail::post_node<std::decay_t<F>, detail::pool_place>;
    auto* const made = detail::make_node<node>(std::in_place, std::forward<F>(fn));
    made->self = made;
    return made;
  }
  template <class F, class... A>
  static auto bind(F&& fn, A&&... args) {
    return [f = std::decay_t<F>(std::forward<F>(fn)),
            a = std::tuple<std::decay_t<A>...>(std::forward<A>(args)...)]() mutable {
      static_cast<void>(std::apply(std::move(f), std::move(a)));
    };
  }
  template <class X, class F>
  static auto each(F&& fn) {
    return [f = std::forward<F>(fn)](X begin, X end) mutable {
      for (X i = begin; i < end; ++i) std::invoke(f, i);
    };
  }

  // Contiguous parts whose sizes differ by at most one.
  template <class X>
  std::vector<part<X>> split(X first, X last, std::size_t blocks) const {
    if (last <= first) return {};
    using U = std::make_unsigned_t<X>;
    const auto n = static_cast<std::size_t>(
        static_cast<U>(static_cast<U>(last) - static_cast<U>(first)));  // of narrow types: no int
    const std::size_t parts = std::min(n, blocks == 0 ? threads_ : blocks);
    std::vector<part<X>> all;
    all.reserve(parts);
    X begin = first;
    for (std::size_t i = 0; i < parts; ++i) {
      const auto end = static_cast<X>(static_cast<U>(begin) + static_cast<U>(n / parts + (i < n % parts ? 1 : 0)));
      all.push_back({begin, end});
      begin = end;
    }
    return all;
  }

  // All or none: jobs that have been made and not admitted are ended by cancelling them.
  class batch {
   public:
    explicit batch(std::size_t n) { places_.reserve(n); }
    batch(const batch&) = delete;
    batch& operator=(const batch&) = delete;
    ~batch() {
      for (detail::pool_place* p : places_) (void)p->self->act(p->self, detail::action::cancel);
    }
    void add(detail::pool_place* p) noexcept { places_.push_back(p); }
    void admit(detail::pool_queue& queue) {
      std::vector<detail::pool_place*> all;
      all.swap(places_);
      queue.admit(all.data(), all.size());
    }

   private:
    std::vector<detail::pool_place*> places_;
  };

  template <class X, class F>
  auto submit_parts(const std::vector<part<X>>& parts, F&& fn) {
    const auto shared = std::make_shared<std::decay_t<F>>(std::forward<F>(fn));
    multi_future<std::invoke_result_t<std::decay_t<F>&, X, X>> futures;
    futures.reserve(parts.size());
    batch jobs{parts.size()};
    for (const part<X>& p : parts) {
      auto made = prepare([shared, p]() -> decltype(auto) { return std::invoke(*shared, p.begin, p.end); });
      jobs.add(made.first);
      futures.push_back(std::move(made.second));
    }
    jobs.admit(*queue_);
    return futures;
  }
  template <class X, class F>
  void detach_parts(const std::vector<part<X>>& parts, F&& fn) {
    const auto shared = std::make_shared<std::decay_t<F>>(std::forward<F>(fn));
    batch jobs{parts.size()};
    for (const part<X>& p : parts)
      jobs.add(prepare_detached([shared, p] { static_cast<void>(std::invoke(*shared, p.begin, p.end)); }));
    jobs.admit(*queue_);
  }

  explicit thread_pool(const thread_pool_options& options, std::unique_ptr<weir::runtime> made);

  // The runtime's threads use the queue until the runtime has ended: ~thread_pool ends it first.
  std::unique_ptr<weir::runtime> runtime_;
  unsigned threads_;
  std::unique_ptr<detail::pool_queue> queue_;
};

}  // namespace weir::inline v0
