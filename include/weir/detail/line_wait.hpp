// weir/detail/line_wait.hpp - a task waits in line for a condition of an object: events, latches, ...   [floor: flow]
//
// What those objects share: a lock, a line, and a look, under the lock, whether a newcomer may pass. The protocol of
// waiting is wait_line.hpp's; who leaves because of a stop changes nothing for the others.
#pragma once

#include <coroutine>
#include <cstddef>

#include <weir/detail/parked.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/detail/wait_line.hpp>

namespace weir::inline v0::detail {

/// Base of the objects. Derived classes change what `passes` looks at under `lock`, and settle whom it lets pass then.
class line_of_tasks {
 public:
  line_of_tasks(const line_of_tasks&) = delete;
  line_of_tasks& operator=(const line_of_tasks&) = delete;

 protected:
  friend class line_awaiter;
  /// Under the lock, for a newcomer: true, it goes on at once. May settle others.
  using passes_fn = bool (*)(line_of_tasks&, wake_list&) noexcept;

  explicit line_of_tasks(const char* kind, passes_fn fn) noexcept : passes_{fn}, kind_{kind} {}
  /// Requires  nobody waits; otherwise terminates, naming the kind of object.
  ~line_of_tasks();

  [[nodiscard]] std::size_t in_line() const noexcept {
    const hold guard{lock};
    return line.size();
  }

  mutable spin_lock lock;  ///< protects everything a derived class has
  wait_line line;

 private:
  passes_fn passes_;
  const char* kind_;
};

class line_awaiter : private parked_task, private waiter {
 public:
  using weir_awaitable = void;
  explicit line_awaiter(line_of_tasks* at) noexcept : parked_task{&withdraw}, waiter{&woken}, at_{at} {}
  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise());
  }
  /// Errors  operation_cancelled
  void await_resume() { static_cast<void>(end()); }

 protected:
  /// True: it passed without having waited.
  bool end();

 private:
  void begin(promise_base& task) noexcept;
  static void woken(waiter& w) noexcept { static_cast<line_awaiter&>(w).wake_task(); }
  static void withdraw(parked_task& t) noexcept;

  line_of_tasks* at_;
  bool passed_ = false;
};

}  // namespace weir::inline v0::detail
