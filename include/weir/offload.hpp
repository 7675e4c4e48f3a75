// weir/offload.hpp - a task has a plain function run elsewhere and awaits its result.          [floor: coro]
//
//   auto digest = co_await weir::on_cpu(hash, std::move(bytes));        on a worker of the arena
//   auto row    = co_await weir::blocking(read_config, path);           on one of the bounded blocking threads
//   auto host   = co_await weir::blocking(weir::abandon_ok, look_up, name);    a stop does not wait for it
//
// The callable, its arguments and its result live in the awaiting frame; the job that carries them does too. The task
// goes on at its own home (D5). gcc 12 destroys capturing lambdas twice when they are written inside the co_await
// expression: name the lambda first, or pass what it needs as arguments.
//
// Cancellation  blocking: a stop takes a call that waits in line out of it, at once. on_cpu: a call that
//               has not begun is skipped when its turn comes. A running call is waited for and its result
//               delivered; scopes report it after their grace time (uncancellable). With abandon_ok it is
//               not waited for: see there.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <weir/detail/abandonable.hpp>
#include <weir/detail/blocking_job.hpp>
#include <weir/detail/promise.hpp>
#include <weir/detail/result_slot.hpp>
#include <weir/detail/stop_state.hpp>

namespace weir::inline v0 {

namespace detail {

enum class offload_to : unsigned { cpu, blocking };

/// The part that does not know the callable: queueing, stop, exceptions, going home.
class offload_base : private blocking_job, private stop_node {
 public:
  using weir_awaitable = void;

  bool await_ready() const noexcept { return false; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) noexcept {
    begin(h.promise());
  }

 protected:
  using call_fn = void (*)(offload_base&);

  offload_base(offload_to where, scheduler* on, call_fn fn) noexcept
      : blocking_job{&act_call}, stop_node{&on_stop}, call_{fn}, sched_{on}, where_{where} {}
  offload_base(offload_base&& other) noexcept : offload_base{other.where_, other.sched_, other.call_} {}
  ~offload_base() = default;

  /// First step of the resumption: no stop reaches the call any more.
  void rethrow_failure() {
    if (watched_) task_->env.stop->remove(*this);
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  void begin(promise_base& task) noexcept;
  static outcome act_call(job* j, action what) noexcept;
  static void on_stop(stop_node& node) noexcept;

  call_fn call_;
  scheduler* sched_;  ///< null: the awaiting task's own
  offload_to where_;
  promise_base* task_ = nullptr;
  bool watched_ = false;
  std::exception_ptr error_;
};

template <class F, class... Args>
class offload_awaiter : public offload_base {
 public:
  using result = std::invoke_result_t<F, Args...>;
  static_assert(
      !requires(result r) { std::move(r).take_frame(); },
      "the callable returns a task: to run a task elsewhere, co_await resume_on(...) inside it");

  template <class G, class... As>
  offload_awaiter(offload_to where, scheduler* on, G&& f, As&&... args)
      : offload_base{where, on, &call}, f_(std::forward<G>(f)), args_(std::forward<As>(args)...) {}
  /// Requires  other has not been awaited.
  offload_awaiter(offload_awaiter&& other) = default;

  result await_resume() {
    rethrow_failure();
    return slot_.take();
  }

 private:
  static void call(offload_base& base) {
    auto& me = static_cast<offload_awaiter&>(base);
    set_from(me.slot_, [&me]() -> result { return std::apply(std::move(me.f_), std::move(me.args_)); });
  }

  F f_;
  std::tuple<Args...> args_;
  result_slot<result> slot_;
};

}  // namespace detail

/// `co_await on_cpu(f, args...)`: runs f(args...) on a worker of the task's runtime. Arguments are moved or copied in.
/// Result f's. Errors  what f throws; operation_cancelled.          Cost  one job in the awaiting frame; no allocation
template <class F, class... Args>
[[nodiscard]] auto on_cpu(F&& f, Args&&... args) {
  return detail::offload_awaiter<std::decay_t<F>, std::decay_t<Args>...>{
      detail::offload_to::cpu, nullptr, std::forward<F>(f), std::forward<Args>(args)...};
}

/// `co_await blocking(f, args...)`: as on_cpu, on a thread that may block (files, name resolution, foreign clients).
/// The threads are bounded (set_bound("blocking", n), runtime_options::blocking_threads); a call waits in
/// line while all are busy.
template <class F, class... Args>
  requires(!std::is_same_v<std::remove_cvref_t<F>, abandon_ok_t>)
[[nodiscard]] auto blocking(F&& f, Args&&... args) {
  return detail::offload_awaiter<std::decay_t<F>, std::decay_t<Args>...>{
      detail::offload_to::blocking, nullptr, std::forward<F>(f), std::forward<Args>(args)...};
}

/// `co_await blocking(abandon_ok, f, args...)`: the same for calls that may take for ever. A stop goes on
/// at once, with operation_cancelled; the call runs on, and keeps its thread, until it ends. What it
/// returns then is dropped, what it throws reported (unhandled_exception). The runtime's end waits for it.
/// Requires  f and args own what they use: the awaiting frame may be gone. A permit among the args is held
///           until the call has really ended.
/// Cost      one pooled node
template <class F, class... Args>
[[nodiscard]] auto blocking(abandon_ok_t, F&& f, Args&&... args) {
  return detail::abandonable_awaiter<std::decay_t<F>, std::decay_t<Args>...>{nullptr, std::forward<F>(f),
                                                                             std::forward<Args>(args)...};
}

}  // namespace weir::inline v0
