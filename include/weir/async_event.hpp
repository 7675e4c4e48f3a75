// weir/async_event.hpp - something has happened, until it is taken back.                          [floor: flow]
//
//   async_event ready;
//   co_await ready.wait();          // goes on at once when set, otherwise when somebody sets it
//   ready.set();                    // any thread: wakes all who wait, in order
#pragma once

#include <weir/detail/line_wait.hpp>
#include <weir/detail/request.hpp>

namespace weir::inline v0 {

/// Everything from any thread. Outlives who waits: anything else terminates. Allocates nothing.
class async_event : private detail::line_of_tasks {
 public:
  explicit async_event(bool set = false) noexcept : line_of_tasks{"async_event", &passes}, set_{set} {}

  /// Whoever waits goes on, also if the event is reset before it has resumed; whoever comes passes. What precedes set()
  /// is visible to them. Idempotent.
  void set() noexcept {
    detail::wake_list wakes;
    const detail::hold guard{lock};
    set_ = true;
    wakes.settle_all(line, detail::wait_end::done);
  }
  /// Whoever comes waits for the next set().
  void reset() noexcept {
    const detail::hold guard{lock};
    set_ = false;
  }

  /// `co_await e.wait()`.     Errors  operation_cancelled (also when set, if the stop was requested before)
  [[nodiscard]] auto wait() noexcept { return detail::request<detail::line_awaiter, detail::line_of_tasks*>{this}; }

  [[nodiscard]] bool is_set() const noexcept {
    const detail::hold guard{lock};
    return set_;
  }
  [[nodiscard]] std::size_t waiting() const noexcept { return in_line(); }

 private:
  static bool passes(line_of_tasks& me, detail::wake_list& /*none*/) noexcept {
    return static_cast<async_event&>(me).set_;
  }
  bool set_;
};

}  // namespace weir::inline v0
