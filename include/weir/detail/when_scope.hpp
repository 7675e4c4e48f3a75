// weir/detail/when_scope.hpp - the engine of the combinators: one may decide, all are awaited.  [floor: coro]
//
// All children share one owner (this) and one stop state. Which end decides is the combinator's: a failure (when_all),
// a success (when_any), any (race), none (when_all_settled). The decision stops the scope: the others are asked to
// stop, those not started never are, and the parent goes on when every started child has ended (detail/settling.hpp). A
// child that has not ended one grace time after that is reported by name (uncancellable), and still waited for. Errors
// stay in the children's frames until the parent reads them: nothing is allocated when a child ends.
#pragma once

#include <cstddef>
#include <span>

#include <weir/detail/grace_watch.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/settling.hpp>
#include <weir/detail/spin_lock.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0::detail {

/// What a combinator makes of its children.
struct when_rules {
  bool (*decides)(const promise_base& child) noexcept;
  bool reports_late;  ///< failures after the decision are reported at once; otherwise end() leaves them to its caller
  unsigned mode;      ///< for traces: 1 all, 2 any, 3 race, 4 settled
};

/// Reports a failure that nobody will see.
void report_suppressed(const promise_base& child) noexcept;

class when_scope : private task_owner, private grace_watch {
 public:
  using child_list = std::span<promise_base* const>;
  static constexpr std::size_t none = settling<spin_lock>::none;

 protected:
  explicit when_scope(const when_rules& rules) noexcept
      : task_owner{&child_done}, grace_watch{&quiet, &overdue}, rules_{rules} {}
  ~when_scope() = default;
  when_scope(const when_scope&) = delete;
  when_scope& operator=(const when_scope&) = delete;

  /// Starts the children; what the list names lives until end(). Requires  the parent has just suspended; window >= 1.
  void begin(promise_base& parent, child_list children, std::size_t window) noexcept;

  struct ending {
    std::size_t winner;  ///< the child that decided; none
    bool cut_short;      ///< children were left out, or ended as cancelled, because of a stop from outside
  };
  /// Once, when the parent has been resumed.
  [[nodiscard]] ending end() noexcept;

 private:
  static void child_done(task_owner& self, promise_base& child) noexcept;
  static void quiet(grace_watch& self) noexcept;
  static void overdue(grace_watch& self) noexcept;
  void settle(promise_base& child) noexcept;

  const when_rules rules_;
  promise_base* parent_ = nullptr;
  child_list children_;
  settling<spin_lock> settling_;
  stop_state scope_;
  bool watched_ = false;  ///< written by the winner before it leaves, read by the last: settling orders them
};

}  // namespace weir::inline v0::detail
