// weir/task_group.hpp - the only way to start concurrent tasks: inside a scope that waits for them. [floor: coro]
//
//   int total = co_await with_group({.limit = par{16}, .name = "fetch"}, [&ids](task_group& g) -> task<int> {
//     for (int id : ids) co_await g.spawn(fetch(id));      // waits for ADMISSION: at most 16 at once
//     auto last = co_await g.spawn(fetch(0));              // a handle; awaiting it waits for the RESULT
//     co_return co_await std::move(last);
//   });                                                    // goes on when every child has ended, on every path
//
// Admission    strict first in, first out; a child's slot passes directly to the first waiter, nobody barges in. A
//              child may spawn siblings; one that holds the last slot and waits for admission waits for itself.
// Failure      The first failure, of a child or of the scope's own function, stops the group (failure_policy) and is
//              thrown when all have ended; later ones are counted (suppressed()) and reported once.
// Cancellation cancel(), the group's deadline, or whatever stops the opening task. Everything in the group then throws
//              operation_cancelled at its next leaf await. A child still running `grace` later is reported by name.
// Handshake    co_await g.start<T>(name, fn) goes on when the child says that it is up, with a value of it.
// Lifetimes    Children may outlive the locals of with_group's function, which end at its co_return, before the join.
//              Its parameters and captures outlive them.
// Context      Children have the opening task's context, and run on its home unless children_on says otherwise.
// Threads      spawn, cancel and the counts from any thread while the group is open.
#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <weir/detail/as_task.hpp>
#include <weir/detail/group_child.hpp>
#include <weir/detail/scope_watch.hpp>
#include <weir/error.hpp>
#include <weir/par.hpp>
#include <weir/runtime_handle.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

/// spawn() on a group that has ended or was closed.
class group_closed : public error {
 public:
  using error::error;
};

enum class failure_policy : unsigned { cancel_siblings, keep_going };

struct group_options {
  par limit;                   ///< children at once; there is no default (D6)
  const char* name = "group";  ///< static; for reports and traces
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max();  ///< the same, counted from the start
  std::chrono::nanoseconds grace = std::chrono::seconds{1};            ///< from a stop to the report; max: never
  failure_policy on_failure = failure_policy::cancel_siblings;
  std::optional<detail::home> children_on{};
};
// Written inside a co_await expression, anything else would be destroyed twice by gcc 12.
static_assert(std::is_trivially_destructible_v<group_options>);

namespace detail {
class spawn_awaiter_base;
class group_join_awaiter;
template <class T>
class spawn_awaiter;
}  // namespace detail

/// A spawned task's result: `co_await std::move(handle)`, once. Dropping it keeps the task running in its group.
template <class T>
class join_handle {
 public:
  using weir_awaitable = void;
  class awaiter : public detail::join_waiter {
   public:
    explicit awaiter(detail::group_child* child) noexcept : join_waiter{child} {}
    T await_resume() { return static_cast<detail::task_promise_type<T>&>(*finish().task).take(); }
  };

  join_handle(join_handle&& other) noexcept : child_{std::exchange(other.child_, nullptr)} {}
  join_handle& operator=(join_handle&& other) noexcept {
    join_handle{std::move(other)}.swap(*this);
    return *this;
  }
  ~join_handle() {
    if (child_ != nullptr) child_->drop();
  }

  /// True once the task has ended. Requires  not moved from.
  [[nodiscard]] bool ready() const noexcept { return child_->ended(); }

  /// The task's result or exception (which its group gets too). Errors  operation_cancelled if the waiting task is
  /// stopped; std::invalid_argument: the handle is empty (awaited before, or moved from).
  awaiter operator co_await() && {
    if (child_ == nullptr) throw std::invalid_argument{"weir: the join_handle is empty: awaited before, or moved from"};
    return awaiter{std::exchange(child_, nullptr)};
  }

  void swap(join_handle& other) noexcept { std::swap(child_, other.child_); }

 private:
  friend class detail::spawn_awaiter<T>;
  explicit join_handle(detail::group_child* child) noexcept : child_{child} {}
  detail::group_child* child_;
};

/// What spawn() returns: await it, once.
template <class T>
class [[nodiscard]] spawn_request {
 public:
  using weir_awaitable = void;
  spawn_request(task_group& group, task<T>&& work, const char* name) noexcept
      : group_{&group}, work_{std::move(work)}, name_{name} {}
  detail::spawn_awaiter<T> operator co_await() &&;

 private:
  task_group* group_;
  task<T> work_;
  const char* name_;
};

class task_group : private detail::scope_watch {
 public:
  /// A group outside with_group: children run on `rt`, by default on its cpu home. It must be joined: destroying it
  /// unjoined, with anything ever spawned, lists its tasks on stderr and terminates.
  task_group(runtime_handle rt, const group_options& options);
  ~task_group();

  /// `co_await g.spawn(work, "name")`: waits until there is room, starts `work`, gives its join_handle.
  /// Errors  group_closed; operation_cancelled if the group or the awaiting task is stopped.  `name` is static or null
  /// Cost    one pooled record besides the task's frame
  template <class A>
  auto spawn(A&& work, const char* name = nullptr) {
    return spawn_request<detail::task_value_t<A>>{*this, detail::as_task(std::forward<A>(work)), name};
  }

  /// `co_await g.spawn(lim, work, "name")`: waits for a permit of the limiter, then as spawn(work). The child holds the
  /// permit until it has ended; so the bound of a limiter that many groups share is the bound of their children.
  /// Errors  the limiter's, too.     Cost  two task frames more
  template <class Limiter, class A>
    requires requires(Limiter& by) { by.acquire(); }
  [[nodiscard]] auto spawn(Limiter& by, A&& work, const char* name = nullptr);

  /// `int port = co_await g.start<int>("server", serve, args...)`: spawns fn(started<T>, args...), goes on when the
  /// child has called its first argument, with the value it gave, and the child runs on in the group. Errors  what the
  /// child throws before it is ready, which is then not a failure of the group; broken_promise if it
  ///         ends without. If the starting task is stopped meanwhile, the child is stopped and awaited.
  template <class T = void, class F, class... Args>
  [[nodiscard]] task<T> start(const char* name, F&& fn, Args&&... args);

  /// Asks everything in the group to stop. Not a failure: the scope's function still gives its result. `reason` is
  /// static.
  void cancel(const char* reason = "cancelled") noexcept;

  /// No more spawns; what runs goes on.
  void close() noexcept;

  /// `co_await g.join()`, for groups outside with_group: closes when all children have ended, then throws the first
  /// failure. A stop of the joining task stops the group and is waited for.
  [[nodiscard]] detail::group_join_awaiter join() noexcept;

  [[nodiscard]] std::size_t live() const noexcept;        ///< children started and not ended
  [[nodiscard]] std::size_t peak() const noexcept;        ///< the most there were at once
  [[nodiscard]] std::size_t waiting() const noexcept;     ///< spawns that wait for admission
  [[nodiscard]] std::size_t suppressed() const noexcept;  ///< failures after the first
  /// The live children by name; a child without a name by its function.
  [[nodiscard]] std::vector<const char*> names() const;
  [[nodiscard]] const char* name() const noexcept { return options_.name; }

 private:
  friend class detail::group_child;
  friend class detail::spawn_awaiter_base;
  friend class detail::group_join_awaiter;
  template <class T, class F, class... Args>
  friend class with_group_awaiter;

  enum class verdict : unsigned { admitted, full, closed, stopped };

  explicit task_group(const group_options& options) noexcept;

  void open(const detail::environment& opener) noexcept;  // hides scope_watch::open
  void join_for(detail::promise_base& joiner) noexcept;
  void record(const std::exception_ptr& error, detail::outcome how, bool body) noexcept;
  void rethrow_failure();

  verdict try_admit(detail::group_child& child) noexcept;  // under lock_
  void leave(detail::group_child& child, detail::outcome how) noexcept;
  void release_slot() noexcept;
  detail::spawn_awaiter_base* take_waiting() noexcept;  // under lock_, as the next two
  void add_waiting(detail::spawn_awaiter_base& w) noexcept;
  void remove_waiting(detail::spawn_awaiter_base& w) noexcept;

  static void quiet(grace_watch& self) noexcept;
  static void overdue(grace_watch& self) noexcept;

  group_options options_;
  detail::environment inside_;  ///< what children start with
  detail::stop_state scope_;
  detail::promise_base* opener_ = nullptr;  ///< suspended in with_group; null outside
  detail::promise_base* joiner_ = nullptr;

  mutable detail::spin_lock lock_;  ///< protects everything below
  detail::group_child* children_ = nullptr;
  detail::spawn_awaiter_base* first_waiting_ = nullptr;
  detail::spawn_awaiter_base* last_waiting_ = nullptr;
  std::size_t live_ = 0, peak_ = 0, waiting_ = 0, suppressed_ = 0, cancelled_ = 0;
  bool joining_ = false, closed_ = false, joined_ = false, needs_join_ = false;
  bool body_cancelled_ = false, cancel_called_ = false;
  const char* cancel_reason_ = nullptr;
  std::exception_ptr failure_;
};

}  // namespace weir::inline v0

#include <weir/detail/group_awaiters.hpp>
#include <weir/detail/group_start.hpp>
#include <weir/detail/with_group.hpp>
