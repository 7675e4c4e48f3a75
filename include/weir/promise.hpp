// weir/promise.hpp - a result given by hand.                                                   [floor: job]
#pragma once

#include <weir/future.hpp>

namespace weir::inline v0 {

namespace detail {

/// The shared state of a promise: a completion that no worker can run, claimed by whoever sets the result.
template <class T>
class promised final : public shared_state<T> {
 public:
  promised() noexcept : shared_state<T>{table, 1} {}

 private:
  static void destroy(completion& c) noexcept { destroy_node(static_cast<promised*>(&c)); }
  static constexpr completion::operations table{nullptr, nullptr, &destroy};
};

}  // namespace detail

/// The side that owes a result. Move-only. Setting is safe against other setters and against the future's owner;
/// everything else one thread at a time. A promise dropped unset gives broken_promise.
template <class T>
class promise {
 public:
  /// Cost: one pooled allocation. Errors: std::bad_alloc.
  promise() : state_{detail::make_node<detail::promised<T>>()} {}
  promise(promise&& other) noexcept : state_{std::move(other.state_)}, retrieved_{other.retrieved_} {}
  promise& operator=(promise&& other) noexcept {
    if (this != &other) {
      drop();
      state_ = std::move(other.state_);
      retrieved_ = other.retrieved_;
    }
    return *this;
  }
  promise(const promise&) = delete;
  promise& operator=(const promise&) = delete;
  ~promise() { drop(); }

  /// The one future. Errors: future_already_retrieved; no_future_state (moved from).
  [[nodiscard]] future<T> get_future() {
    if (!state_) throw no_future_state{};
    if (std::exchange(retrieved_, true)) throw future_already_retrieved{};
    return future<T>{state_};
  }

  /// Gives the result, made in place from args (T&: the referent; void: none), and wakes the waiters.
  /// Errors    future_already_satisfied; no_future_state; what T's constructor throws: then nothing is given and the
  ///           promise may be set again (a setter that raced with this one has lost all the same)
  /// Blocks    never.   Cost: no allocation
  template <class... Args>
  void set_value(Args&&... args) {
    static_assert(std::is_void_v<T> || std::is_lvalue_reference_v<T> || std::is_constructible_v<T, Args...>,
                  "promise::set_value: T cannot be made from these arguments");
    const auto state = claimed();
    try {
      state->produce([&]() -> T {
        if constexpr (std::is_lvalue_reference_v<T>)
          return (args, ...);
        else if constexpr (!std::is_void_v<T>)
          return T(std::forward<Args>(args)...);
        else
          static_assert(sizeof...(Args) == 0, "a promise<void> takes no value");
      });
    } catch (...) {
      state->unclaim();
      throw;
    }
    state->finish();
  }

  /// Gives an exception instead. Errors: future_already_satisfied; no_future_state; std::invalid_argument (null).
  void set_exception(std::exception_ptr error) {
    if (error == nullptr) throw std::invalid_argument{"weir: promise::set_exception: error is null"};
    const auto state = claimed();
    state->set_error(std::move(error));
    state->finish();
  }

  /// True until the promise is moved from.
  [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(state_); }

 private:
  using reference = detail::completion_ref<detail::shared_state<T>>;

  // Our own reference: once the result is there, the future's owner may destroy this very promise.
  [[nodiscard]] reference claimed() const {
    if (!state_) throw no_future_state{};
    reference mine = state_;
    if (!mine->claim()) throw future_already_satisfied{};
    return mine;
  }

  void drop() noexcept {
    if (!state_) return;
    if (state_->claim()) {
      state_->set_content(detail::completion::content::broken);
      state_->finish();
    }
    state_ = reference{};
  }

  reference state_;
  bool retrieved_ = false;
};

}  // namespace weir::inline v0
