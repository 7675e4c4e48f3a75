// weir/shared_future.hpp - one result, any number of readers.                                  [floor: job]
#pragma once

#include <weir/future.hpp>

namespace weir::inline v0 {

/// Copies refer to the same result; each copy may be used by its own thread at the same time as the others.
template <class T>
class [[nodiscard]] shared_future : public detail::future_base<T> {
 public:
  /// Refers to nothing.
  shared_future() noexcept = default;
  explicit shared_future(detail::completion_ref<detail::shared_state<T>> state) noexcept
      : detail::future_base<T>{std::move(state)} {}
  /// Takes over f's result. Errors: no_future_state.
  shared_future(future<T>&& f) : shared_future{f.share()} {}  // NOLINT(google-explicit-constructor): as in std

  /// Waits and refers to the result, which lives as long as any copy (T&: as long as its referent).
  /// Errors    as future::get(); an exception is thrown to every caller
  std::add_lvalue_reference_t<const T> get() const {
    this->state().wait();
    return detail::see_value<T>(*this->state_);
  }

  /// co_await: as get(), without blocking a thread. A stop of the task's scope ends the wait, not the work. The awaiter
  /// keeps the result alive only until the full expression ends: keep a copy of the future for as long as the reference
  /// is used.
  detail::shared_future_awaiter<T> operator co_await() const {
    static_cast<void>(this->state());
    return detail::shared_future_awaiter<T>{this->state_};
  }
};

}  // namespace weir::inline v0
