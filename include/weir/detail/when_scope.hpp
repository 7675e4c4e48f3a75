// weir/detail/when_scope.hpp - the engine of when_all: first failure wins, all are awaited.      [floor: coro]
//
// All children share one owner (this) and one stop state. Up to `window` run at once; each that ends starts the next
// one. The first failure stops the scope; children not yet started are then not started at all. The parent goes on when
// every started child has ended. Counting and choosing the next child happen under one short lock.
#pragma once

#include <cstddef>
#include <exception>

#include <weir/detail/promise.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0::detail {

class when_scope : private task_owner {
 protected:
  when_scope() noexcept : task_owner{&child_done} {}
  ~when_scope() = default;
  when_scope(const when_scope&) = delete;
  when_scope& operator=(const when_scope&) = delete;

  /// Starts the children; `children` lives until end(). Requires  the parent has just suspended; window >= 1.
  void begin(promise_base& parent, promise_base** children, std::size_t count, std::size_t window) noexcept;
  /// Throws the first failure; operation_cancelled if children were left out because of a stop from outside.
  void end();

 private:
  static void child_done(task_owner& self, promise_base& child) noexcept;
  bool record_failure(promise_base& child) noexcept;

  promise_base* parent_ = nullptr;
  promise_base** children_ = nullptr;
  std::size_t count_ = 0;
  spin_lock lock_;
  std::size_t next_ = 0;     ///< first child not started
  std::size_t running_ = 0;  ///< started and not ended
  std::exception_ptr failure_;
  stop_state scope_;
};

}  // namespace weir::inline v0::detail
