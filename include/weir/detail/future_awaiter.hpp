// weir/detail/future_awaiter.hpp - how a coroutine waits for a future.                         [floor: job]
//
// The awaiter is the waiter: it lives in the coroutine's frame, so awaiting allocates nothing. It needs from the
// coroutine's promise three things: scheduler() -> detail::scheduler&, where() -> detail::home, resumption() ->
// detail::job&. Whoever finishes hands the resumption to the scheduler; the task goes on at its home.
#pragma once

#include <weir/detail/shared_state.hpp>

#include <type_traits>
#include <utility>

namespace weir::inline v0::detail {

/// The result, moved out.
template <class T>
T take_value(shared_state<T>& state) {
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
class completion_awaiter : private completion_waiter {
 public:
  completion_awaiter(const completion_awaiter&) = delete;
  completion_awaiter& operator=(const completion_awaiter&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return state_->ready(); }

  template <class Handle>
  bool await_suspend(Handle task) noexcept {
    auto& promise = task.promise();
    scheduler_ = &promise.scheduler();
    where_ = promise.where();
    resumption_ = &promise.resumption();
    return state_->enlist(*this);  // once it is true the task may be running already: nothing after this
  }

 protected:
  explicit completion_awaiter(completion_ref<shared_state<T>> state) noexcept
      : completion_waiter{&resume}, state_{std::move(state)} {}
  ~completion_awaiter() = default;

  [[nodiscard]] shared_state<T>& state() const noexcept { return *state_; }

 private:
  static void resume(completion_waiter& w) noexcept {
    auto& self = static_cast<completion_awaiter&>(w);
    self.scheduler_->resume(*self.resumption_, self.where_);
  }

  completion_ref<shared_state<T>> state_;
  detail::scheduler* scheduler_ = nullptr;
  job* resumption_ = nullptr;
  home where_ = home::cpu;
};

template <class T>
class [[nodiscard]] future_awaiter final : public completion_awaiter<T> {
 public:
  explicit future_awaiter(completion_ref<shared_state<T>> state) noexcept : completion_awaiter<T>{std::move(state)} {}
  T await_resume() { return take_value<T>(this->state()); }
};

template <class T>
class [[nodiscard]] shared_future_awaiter final : public completion_awaiter<T> {
 public:
  explicit shared_future_awaiter(completion_ref<shared_state<T>> state) noexcept
      : completion_awaiter<T>{std::move(state)} {}
  std::add_lvalue_reference_t<const T> await_resume() { return see_value<T>(this->state()); }
};

}  // namespace weir::inline v0::detail
