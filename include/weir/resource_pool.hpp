// weir/resource_pool.hpp - a bounded set of things that are lent out: connections, buffers, handles.  [floor: flow]
//
//   resource_pool<connection> db{rt, {.limit = 20, .name = "db", .idle = 30s}, {.make = connect, .healthy = ping}};
//   {
//     auto c = co_await db.acquire();                              // waits for ADMISSION, in line
//     const rows r = co_await c.run(query, "select ...");          // what is leased is what is waited for
//   }                                                              // back to the pool, on every path
//
// Bound         at most `limit` resources exist; who comes then waits in line, first in first out, at most max_waiters.
// Reuse         the one that came back last goes out first, so that those which are not needed grow idle and end. An
//               idle one is checked (healthy) before it is lent; one that fails, or that is too old, is ended and the
//               next one tried, or a new one made. Ending is T's destructor, outside of all locks.
// Time          idle and max_age act at the next use of the pool, and by themselves while tend() runs.
// Held too long a task that waits for something else while it holds a lease keeps others from it: that is reported
//               (foreign_await), once a lease. What it waits for inside lease.run() is not something else. A lease that
//               was moved is not watched. hold and wait times are in stats().
// Nesting       as limiter's: acquire() in a task that holds a lease of the same pool, and would wait for itself,
//               throws would_deadlock.
// Threads       all functions from any thread. The pool outlives its leases and waiters: anything else terminates.
// Allocates     one block a resource; the frame of a task an acquire.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <weir/detail/pool_core.hpp>

namespace weir::inline v0 {

template <class T>
struct resource_pool_hooks {
  std::function<task<T>()> make;               ///< a new one; what it throws is thrown by acquire()
  std::function<task<bool>(T&)> healthy = {};  ///< before an idle one is lent; false, or a throw: it is ended
};

template <class T>
class resource_pool {
  struct entry final : detail::pool_entry {
    explicit entry(T&& one) : value(std::move(one)) {}
    T value;
  };
  struct fetched {
    permit slot;
    std::unique_ptr<entry> one;
  };
  class acquire_awaiter;
  class request;

 public:
  class lease;

  /// Errors  std::invalid_argument: limit 0, a time that is not positive, no make
  resource_pool(runtime_handle rt, const resource_pool_options& options, resource_pool_hooks<T> hooks)
      : hooks_{std::move(hooks)}, core_{rt, options} {
    if (!hooks_.make) throw std::invalid_argument{"weir::resource_pool: no make"};
  }

  /// `co_await pool.acquire()`: a lease, when one may be had.
  /// Errors   overloaded; limiter_closed; would_deadlock; operation_cancelled; what make throws
  [[nodiscard]] request acquire() { return request{core_, fetch(*this)}; }

  /// From now on. Lower: holders finish, surplus idle ones are ended.   Errors  std::invalid_argument: limit 0
  void set_limit(std::size_t limit) { core_.set_limit(limit); }
  /// Ends what is idle too long, or too old, or too many.
  void trim() noexcept { core_.trim(); }
  /// trim() whenever something is due, until it is stopped: a task for the group or background() that owns the pool.
  [[nodiscard]] task<> tend() { return core_.tend(); }
  /// Refuses who waits and who comes, ends what is idle; leases stay valid, and end their resource.
  void close() noexcept { core_.close(); }

  [[nodiscard]] resource_pool_stats stats() const { return core_.stats(); }

 private:
  static task<fetched> fetch(resource_pool& me) {
    permit slot =
        co_await me.core_.slots().acquire();  // named, as `made` is: gcc 12 ends temporaries of an await twice
    fetched out{std::move(slot), nullptr};
    while (detail::pool_core::entry idle = me.core_.reuse()) {
      out.one.reset(static_cast<entry*>(idle.release()));
      if (co_await usable(me, out)) co_return out;
    }
    try {
      T made = co_await me.hooks_.make();
      out.one = std::make_unique<entry>(std::move(made));
    } catch (...) {
      me.core_.count_failed();
      throw;
    }
    me.core_.count_made(*out.one);
    co_return out;
  }
  /// False: it was not healthy, and is gone.
  static task<bool> usable(resource_pool& me, fetched& out) {
    if (!me.hooks_.healthy) co_return true;
    bool healthy = false;
    std::exception_ptr stopped;
    try {
      healthy = co_await me.hooks_.healthy(out.one->value);
    } catch (const operation_cancelled&) {
      stopped = std::current_exception();
    } catch (...) {  // an answer, too
    }
    if (healthy) co_return true;
    if (!stopped) me.core_.count_unhealthy();
    me.core_.drop(std::move(out.one));
    if (stopped) std::rethrow_exception(stopped);
    co_return false;
  }

  const resource_pool_hooks<T> hooks_;
  detail::pool_core core_;

  friend class lease;
};

/// One resource, for as long as this lives. Move-only; empty after being moved from, release() and discard().
template <class T>
class [[nodiscard]] resource_pool<T>::lease : private detail::lease {
 public:
  lease() noexcept = default;
  lease(lease&& other) noexcept { take_over(other); }
  lease& operator=(lease&& other) noexcept {
    if (this == &other) return *this;
    release();
    take_over(other);
    return *this;
  }
  ~lease() { release(); }

  explicit operator bool() const noexcept { return one_ != nullptr; }
  [[nodiscard]] T& operator*() const noexcept { return one_->value; }
  [[nodiscard]] T* operator->() const noexcept { return &one_->value; }

  /// fn(T&, args...) -> task<R>: a wait for the resource itself. The lease stays where it is meanwhile; the arguments
  /// live in the call.
  template <class F, class... Args>
  auto run(F fn, Args... args) -> std::invoke_result_t<F&, T&, Args...> {
    const excuse_of here{*this};
    co_return co_await std::invoke(fn, one_->value, std::move(args)...);
  }

  /// Gives it back now.
  void release() noexcept { give_back(true); }
  /// It is broken: ends it.
  void discard() noexcept { give_back(false); }

 private:
  friend class acquire_awaiter;
  class excuse_of {
   public:
    explicit excuse_of(lease& of) noexcept : of_{of}, before_{of.excuse(true)} {}
    excuse_of(const excuse_of&) = delete;
    excuse_of& operator=(const excuse_of&) = delete;
    ~excuse_of() { of_.excuse(before_); }

   private:
    lease& of_;
    const bool before_;
  };

  lease(detail::pool_core& from, fetched&& got, detail::promise_base& task) noexcept
      : detail::lease{.of = &from.slots(), .amount = 1, .watch = &from.watch()},
        from_{&from},
        one_{std::move(got.one)},
        slot_{std::move(got.slot)} {
    hold_in(task);
  }
  void take_over(lease& other) noexcept {
    other.forget();
    from_ = other.from_;
    one_ = std::move(other.one_);
    slot_ = std::move(other.slot_);
  }
  void give_back(bool keep) noexcept {
    forget();
    if (one_) from_->give_back(std::move(one_), keep);
    slot_.release();
  }

  detail::pool_core* from_ = nullptr;
  std::unique_ptr<entry> one_;
  permit slot_;
};

template <class T>
class resource_pool<T>::acquire_awaiter : public detail::task_awaiter<fetched> {
 public:
  acquire_awaiter(detail::pool_core& from, task<fetched>&& work)
      : detail::task_awaiter<fetched>{std::move(work).take_frame()}, from_{from} {}
  template <detail::task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    holder_ = &h.promise();
    this->child().name = holder_->task_name();  // in reports it is the holder that waits
    detail::task_awaiter<fetched>::await_suspend(h);
  }
  lease await_resume() { return lease{from_, detail::task_awaiter<fetched>::await_resume(), *holder_}; }

 private:
  detail::pool_core& from_;
  detail::promise_base* holder_ = nullptr;
};

/// What acquire() returns: await it, once.
template <class T>
class [[nodiscard]] resource_pool<T>::request {
 public:
  using weir_awaitable = void;
  acquire_awaiter operator co_await() && { return acquire_awaiter{from_, std::move(work_)}; }

 private:
  friend class resource_pool;
  request(detail::pool_core& from, task<fetched>&& work) noexcept : from_{from}, work_{std::move(work)} {}
  detail::pool_core& from_;
  task<fetched> work_;
};

}  // namespace weir::inline v0
