// weir/limiter.hpp - at most so much at once: weighted permits in strict order.                  [floor: flow]
//
//   limiter pool{20, {.name = "orders db"}};                  // or limiter::from_little(400_hz, 50ms, {.pool = 20})
//   const permit p = co_await pool.acquire();                 // waits for ADMISSION; given back when p ends, however
//   const permit big = co_await pool.acquire(5);              // a weight; what comes later waits behind it
//   pool.set_limit(5);                                        // live; 0 pauses
//
// Order        strictly first in, first out. A large request at the head is not overtaken by small ones, and what is
//              given back goes to the head at that moment: nobody can slip in before it has resumed (no barging).
// Cancellation delivery wins: a permit that was granted is returned although a stop came meanwhile. A stop requested
//              before the await wins even if permits are free. A waiter that leaves lets the next one look.
// Nesting      A task that holds a permit, in its own frame or in one of the tasks that await it, and asks for another
//              of the same limiter can wait for itself. If it certainly would: would_deadlock. Otherwise it is reported
//              once per limiter (nested_acquire). A permit that was moved (into a child, a container) is not tracked.
// Threads      all functions from any thread. The limiter outlives its permits and waiters: anything else terminates.
// Allocates    nothing per acquisition; a waiter lives in the awaiting frame.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include <weir/detail/credit_line.hpp>
#include <weir/detail/listed.hpp>
#include <weir/detail/parked.hpp>
#include <weir/detail/request.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/error.hpp>
#include <weir/rate.hpp>

namespace weir::inline v0 {

class limiter;
namespace detail {
class pool_core;
}

/// The line of waiters is full: load is refused where it arrives.
class overloaded : public error {
 public:
  using error::error;
};

/// The limiter was closed.
class limiter_closed : public error {
 public:
  using error::error;
};

struct limiter_options {
  std::size_t max_waiters = std::numeric_limits<std::size_t>::max();  ///< further ones get `overloaded`
  const char* name = "limiter";                                       ///< static; for reports and stats
};

/// One finished hold, as a limit_policy sees it.
struct hold_sample {
  std::chrono::steady_clock::time_point at;  ///< when it was given back, by the holder's clock
  std::chrono::nanoseconds waited, held;
  std::size_t amount;
  std::size_t in_use;   ///< after it
  std::size_t waiting;  ///< 0: the limit was not what held the work back
  bool rejected;        ///< permit::mark_rejected(): the other side refused the call
};

/// What drives a limit. The limiter asks limit() once at its construction and after every completed(); both are called
/// without a lock held, completed() from any thread, several at once.
class limit_policy {
 public:
  [[nodiscard]] virtual std::size_t limit() const noexcept = 0;
  virtual void completed(const hold_sample& sample) noexcept = 0;

 protected:
  ~limit_policy() = default;
};

struct limiter_stats {
  const char* name;
  std::size_t limit, in_use, waiting, peak_in_use;
  std::uint64_t granted;                                ///< requests that got their permits
  std::uint64_t refused;                                ///< overloaded
  std::uint64_t withdrawn;                              ///< stopped or timed out while waiting
  std::uint64_t rejected;                               ///< permits marked rejected
  std::uint64_t wait_p50_ns, wait_p99_ns, wait_max_ns;  ///< from asking to going on
  std::uint64_t hold_p50_ns, hold_p99_ns, hold_max_ns;  ///< from going on to giving back
  std::uint64_t hold_sum_ns;
};

/// So many of a limiter's units, given back at its end. Move-only; empty after being moved from.
class [[nodiscard]] permit : private detail::lease {
 public:
  permit() noexcept = default;
  permit(permit&& other) noexcept;
  permit& operator=(permit&& other) noexcept;
  ~permit() { release(); }

  /// Gives the units back now. Again: nothing.
  void release() noexcept;
  /// The call this permit was for was refused by the other side: a limit_policy may lower the limit.
  void mark_rejected() noexcept { rejected_ = true; }

  [[nodiscard]] std::size_t amount() const noexcept { return lease::amount; }
  explicit operator bool() const noexcept { return from_ != nullptr; }

 private:
  friend class limiter;
  permit(limiter& from, std::size_t amount, detail::scheduler* clock, detail::promise_base* holder,
         detail::time_point asked) noexcept;
  void take_over(permit& other) noexcept;

  limiter* from_ = nullptr;
  detail::scheduler* clock_ = nullptr;  ///< null: the steady clock
  detail::time_point since_{};
  std::chrono::nanoseconds waited_{};
  bool rejected_ = false;
};

class limiter {
 public:
  /// `limit` units at once; 0 starts paused.
  explicit limiter(std::size_t limit, const limiter_options& options = {}) : limiter{limit, options, &list} {}
  /// Its limit is the policy's, which outlives it.
  explicit limiter(limit_policy& policy, const limiter_options& options = {});
  /// A limit by Little's law; see littles_limit().
  [[nodiscard]] static limiter from_little(rate arrivals, std::chrono::nanoseconds latency, const ceilings& most = {},
                                           const limiter_options& options = {}) {
    return limiter{littles_limit(arrivals, latency, most), options};
  }
  limiter(const limiter&) = delete;
  limiter& operator=(const limiter&) = delete;
  ~limiter();

  class acquire_awaiter;

  /// `co_await lim.acquire(n)`: a permit for n units, when all earlier requests have theirs and n are free.
  /// Errors   std::invalid_argument (n is 0 or above the limit; a paused limiter takes any n); overloaded;
  ///          limiter_closed; would_deadlock; operation_cancelled
  /// Resize   a waiter that was accepted waits on, also while the limit is below its n
  auto acquire(std::size_t n = 1) {
    check_amount(n);
    return detail::request<acquire_awaiter, limiter*, std::size_t>{this, n};
  }

  /// A permit if nobody waits and n units are free, otherwise an empty one. Never waits.
  [[nodiscard]] permit try_acquire(std::size_t n = 1);

  /// acquire() for plain threads. Blocks, at most until `until` of the steady clock.
  /// Errors   as acquire(); operation_timed_out; would_deadlock on a runtime's own threads
  [[nodiscard]] permit acquire_blocking(
      std::size_t n = 1, std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max());

  /// From now on. Lower: holders finish, nobody starts until in_use is below it. 0: pause. Higher: wakes who fits.
  void set_limit(std::size_t limit) noexcept;
  /// Refuses who waits and who comes. Permits stay valid.
  void close() noexcept { line_.close(); }

  [[nodiscard]] std::size_t limit() const noexcept { return line_.read().limit; }
  [[nodiscard]] std::size_t in_use() const noexcept { return line_.read().in_use; }
  [[nodiscard]] std::size_t waiting() const noexcept { return line_.read().waiting; }
  [[nodiscard]] limiter_stats stats() const;
  [[nodiscard]] const char* name() const noexcept { return options_.name; }

 private:
  friend class permit;
  friend class rate_limiter;
  friend class detail::pool_core;
  struct times;
  limiter(std::size_t limit, const limiter_options& options, detail::listed::visit_fn visit);
  static void list(void* what, detail::listing& to);
  void list_as(detail::listing& to, observed_kind kind, const char* type, detail::lever by) const;
  using line = detail::credit_line<detail::spin_lock>;

  void check_amount(std::size_t n) const;
  void trace_units(detail::event what, std::uint64_t arg) const noexcept;
  void check_nesting(const detail::promise_base& task, std::size_t n);
  [[noreturn]] void refuse(detail::credit_answer why, std::size_t n) const;
  void ended(const permit& p, detail::time_point at) noexcept;

  line line_;
  const limiter_options options_;
  limit_policy* policy_ = nullptr;
  std::unique_ptr<times> times_;
  const detail::listed entry_;
};

class limiter::acquire_awaiter : private detail::parked_task, private limiter::line::claim {
 public:
  using weir_awaitable = void;
  acquire_awaiter(limiter* from, std::size_t n) noexcept : parked_task{&withdraw}, claim{n, &granted}, from_{from} {}
  bool await_ready() const noexcept { return false; }
  template <detail::task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    begin(h.promise());
  }
  permit await_resume();

 private:
  void begin(detail::promise_base& task);
  static void granted(detail::waiter& w) noexcept { static_cast<acquire_awaiter&>(w).wake_task(); }
  static void withdraw(detail::parked_task& t) noexcept;

  limiter* from_;
  detail::time_point asked_{};
  detail::credit_answer verdict_ = detail::credit_answer::stopped;
};

}  // namespace weir::inline v0
