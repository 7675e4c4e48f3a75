// weir/async_barrier.hpp - n tasks meet, again and again.                                         [floor: flow]
//
//   async_barrier step{4};
//   for (;;) { work(); co_await step.arrive_and_wait(); }           // all four go on together
//
// Who has arrived is who is in line: the n-th does not wait and lets the others pass. A task that is stopped while it
// waits has not arrived: the phase waits for another one, until drop() says that it will not come.
#pragma once

#include <cstddef>
#include <stdexcept>

#include <weir/detail/line_wait.hpp>
#include <weir/detail/request.hpp>

namespace weir::inline v0 {

/// Everything from any thread. Outlives who waits: anything else terminates. Allocates nothing.
class async_barrier : private detail::line_of_tasks {
 public:
  /// Errors  std::invalid_argument if n is 0
  explicit async_barrier(std::size_t n) : line_of_tasks{"async_barrier", &passes}, expected_{n} {
    if (n == 0) throw std::invalid_argument{"weir::async_barrier: n must be at least 1"};
  }

  class awaiter : public detail::line_awaiter {
   public:
    using line_awaiter::line_awaiter;
    bool await_resume() { return end(); }
  };
  /// `co_await b.arrive_and_wait()`: goes on when n tasks have arrived. True for one of them, the last to arrive. What
  /// each did before is visible to all after.     Errors  operation_cancelled: it has not arrived
  [[nodiscard]] auto arrive_and_wait() noexcept { return detail::request<awaiter, detail::line_of_tasks*>{this}; }

  /// One task fewer from this phase on; who waits goes on if that was all that was missing. At zero: nothing.
  void drop() noexcept {
    detail::wake_list wakes;
    const detail::hold guard{lock};
    if (expected_ == 0) return;
    if (--expected_ <= line.size()) finish(wakes);
  }

  [[nodiscard]] std::size_t expected() const noexcept {
    const detail::hold guard{lock};
    return expected_;
  }
  [[nodiscard]] std::size_t waiting() const noexcept { return in_line(); }
  /// Phases completed so far.
  [[nodiscard]] std::size_t phase() const noexcept {
    const detail::hold guard{lock};
    return phase_;
  }

 private:
  static bool passes(line_of_tasks& at, detail::wake_list& wakes) noexcept {
    auto& me = static_cast<async_barrier&>(at);
    if (me.line.size() + 1 < me.expected_) return false;
    me.finish(wakes);
    return true;
  }
  void finish(detail::wake_list& wakes) noexcept {
    if (line.empty() && expected_ == 0) return;  // the last one has dropped out: no phase
    ++phase_;
    wakes.settle_all(line, detail::wait_end::done);
  }

  std::size_t expected_;
  std::size_t phase_ = 0;
};

}  // namespace weir::inline v0
