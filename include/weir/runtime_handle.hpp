// weir/runtime_handle.hpp - a runtime as its users hold it, real or manual.                    [floor: coro]
//
// A small value; copies refer to the same runtime, which outlives them. Code written against it runs unchanged under
// the real runtime and under testing::manual_runtime (D5, D8).
#pragma once

#include <chrono>
#include <concepts>
#include <type_traits>
#include <utility>

#include <weir/detail/scheduler.hpp>
#include <weir/offload.hpp>
#include <weir/place.hpp>
#include <weir/task.hpp>

namespace weir::inline v0 {

class runtime_handle {
 public:
  explicit runtime_handle(detail::scheduler& s) noexcept : sched_{&s} {}

  /// From anything with `detail::scheduler& scheduler()`: runtime, testing::manual_runtime.
  template <class Runtime>
    requires requires(Runtime& r) {
      { r.scheduler() } -> std::same_as<detail::scheduler&>;
    } && (!std::same_as<std::remove_cv_t<Runtime>, runtime_handle>)
  runtime_handle(Runtime& r) noexcept : sched_{&r.scheduler()} {}  // NOLINT(google-explicit-constructor)

  /// The runtime's clock: real or virtual.
  [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept { return sched_->now(); }

  /// The runtime's reactor, and its workers, as places for tasks: spawn(rt.io(), ...), co_await resume_on(rt.io()).
  [[nodiscard]] place io() const noexcept { return {*sched_, detail::home::io}; }
  [[nodiscard]] place workers() const noexcept { return {*sched_, detail::home::cpu}; }

  /// See on_cpu() in offload.hpp; the call runs on this runtime's arena, the awaiting task returns to its own home.
  template <class F, class... Args>
  [[nodiscard]] auto cpu(F&& f, Args&&... args) const {
    return detail::offload_awaiter<std::decay_t<F>, std::decay_t<Args>...>{
        detail::offload_to::cpu, sched_, std::forward<F>(f), std::forward<Args>(args)...};
  }

  /// See blocking() in offload.hpp; on this runtime's blocking threads.
  template <class F, class... Args>
    requires(!std::is_same_v<std::remove_cvref_t<F>, abandon_ok_t>)
  [[nodiscard]] auto blocking(F&& f, Args&&... args) const {
    return detail::offload_awaiter<std::decay_t<F>, std::decay_t<Args>...>{
        detail::offload_to::blocking, sched_, std::forward<F>(f), std::forward<Args>(args)...};
  }

  template <class F, class... Args>
  [[nodiscard]] auto blocking(abandon_ok_t, F&& f, Args&&... args) const {
    return detail::abandonable_awaiter<std::decay_t<F>, std::decay_t<Args>...>{sched_, std::forward<F>(f),
                                                                               std::forward<Args>(args)...};
  }

  [[nodiscard]] detail::scheduler& scheduler() const noexcept { return *sched_; }

  friend bool operator==(runtime_handle, runtime_handle) noexcept = default;

 private:
  detail::scheduler* sched_;
};

}  // namespace weir::inline v0
