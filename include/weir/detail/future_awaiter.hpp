// weir/detail/future_awaiter.hpp - how a coroutine waits for a future.                         [floor: job]
//
// Two kinds of coroutines can wait. weir's tasks (their promise has `env` and `wake()`): they resume at their home, and
// stop waiting when their scope is stopped. Others whose promise has scheduler() -> detail::scheduler&, where() ->
// detail::home and resumption() -> detail::job&: whoever finishes hands the resumption to the scheduler.
#pragma once

#include <weir/detail/completion_wait.hpp>
#include <weir/detail/shared_state.hpp>
#include <weir/detail/trace_event.hpp>

#include <type_traits>
#include <utility>

namespace weir::inline v0::detail {

/// The result, moved out.
template <class T>
T take_value(shared_state<T>& state) {
  state.throw_error_out();
  if constexpr (std::is_void_v<T>)
    static_cast<void>(state.value());
  else if constexpr (std::is_lvalue_reference_v<T>)
    return *state.value();
  else
    return std::move(state.value());
}

/// The result, left where it is.
template <class T>
std::add_lvalue_reference_t<const T> see_value(shared_state<T>& state) {
  if constexpr (std::is_void_v<T>)
    static_cast<void>(state.value());
  else if constexpr (std::is_lvalue_reference_v<T>)
    return *state.value();
  else
    return state.value();
}

/// The common part: suspend until ready, resume at home.
template <class T>
class completion_awaiter : private completion_wait {
 public:
  using weir_awaitable = void;

  [[nodiscard]] bool await_ready() const noexcept { return state_->ready(); }

  template <class Handle>
  bool await_suspend(Handle task) {
    auto& promise = task.promise();
    using promise_type = std::remove_reference_t<decltype(promise)>;
    task_ = &promise;
    if constexpr (requires { promise.about_to_wait(); }) promise.about_to_wait();
    if constexpr (requires { promise.wake(), promise.env.stop; }) {
      constexpr bool traces = requires { promise.trace_wait(wait_cause::child, nullptr); };
      if constexpr (traces) promise.trace_wait(wait_cause::child, &*state_);
      if (begin(*state_, promise.env.stop, [](completion_wait& w) noexcept { the<promise_type>(w).wake(); }))
        return true;
      if constexpr (traces) promise.trace_goes_on();
      return false;
    } else {
      return begin(*state_, nullptr, [](completion_wait& w) noexcept {
        auto& p = the<promise_type>(w);
        p.scheduler().resume(p.resumption(), p.where());
      });
    }
  }

 protected:
  completion_awaiter(completion_ref<shared_state<T>> state, bool shared) noexcept
      : completion_wait{shared}, state_{std::move(state)} {}
  ~completion_awaiter() = default;

  /// The awaited state, once the wait is over. Throws operation_cancelled if it was stopped.
  [[nodiscard]] shared_state<T>& awaited() {
    end();
    return *state_;
  }

 private:
  template <class P>
  static P& the(completion_wait& w) noexcept {
    return *static_cast<P*>(static_cast<completion_awaiter&>(w).task_);
  }

  completion_ref<shared_state<T>> state_;
  void* task_ = nullptr;
};

template <class T>
class [[nodiscard]] future_awaiter final : public completion_awaiter<T> {
 public:
  explicit future_awaiter(completion_ref<shared_state<T>> state) noexcept
      : completion_awaiter<T>{std::move(state), false} {}
  T await_resume() { return take_value<T>(this->awaited()); }
};

template <class T>
class [[nodiscard]] shared_future_awaiter final : public completion_awaiter<T> {
 public:
  explicit shared_future_awaiter(completion_ref<shared_state<T>> state) noexcept
      : completion_awaiter<T>{std::move(state), true} {}
  std::add_lvalue_reference_t<const T> await_resume() { return see_value<T>(this->awaited()); }
};

}  // namespace weir::inline v0::detail
