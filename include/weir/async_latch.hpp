// weir/async_latch.hpp - wait until so many things have happened, once.                           [floor: flow]
//
//   async_latch loaded{3};
//   loaded.count_down();            // any thread, as each part is done
//   co_await loaded.wait();         // goes on when the third one was
#pragma once

#include <algorithm>
#include <cstddef>

#include <weir/detail/line_wait.hpp>
#include <weir/detail/request.hpp>

namespace weir::inline v0 {

/// Everything from any thread. Outlives who waits: anything else terminates. Allocates nothing.
class async_latch : private detail::line_of_tasks {
 public:
  explicit async_latch(std::size_t count) noexcept : line_of_tasks{"async_latch", &passes}, left_{count} {}

  /// Below zero it stays at zero. At zero: wakes all who wait, in order; what preceded every count_down() is visible.
  void count_down(std::size_t n = 1) noexcept {
    detail::wake_list wakes;
    const detail::hold guard{lock};
    left_ -= std::min(left_, n);
    if (left_ == 0) wakes.settle_all(line, detail::wait_end::done);
  }

  /// `co_await l.wait()`: until the count is zero.     Errors  operation_cancelled; the count is not affected
  [[nodiscard]] auto wait() noexcept { return detail::request<detail::line_awaiter, detail::line_of_tasks*>{this}; }
  /// Counts down now, whether or not it is awaited to the end, and waits.
  [[nodiscard]] auto arrive_and_wait(std::size_t n = 1) noexcept {
    count_down(n);
    return wait();
  }

  [[nodiscard]] std::size_t left() const noexcept {
    const detail::hold guard{lock};
    return left_;
  }
  [[nodiscard]] std::size_t waiting() const noexcept { return in_line(); }

 private:
  static bool passes(line_of_tasks& me, detail::wake_list& /*none*/) noexcept {
    return static_cast<async_latch&>(me).left_ == 0;
  }
  std::size_t left_;
};

}  // namespace weir::inline v0
