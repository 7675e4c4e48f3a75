// weir/detail/result_slot.hpp - where a task's or a call's result waits for its reader.        [floor: coro]
#pragma once

#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::inline v0::detail {

/// Empty, or holds one T; T may be void, a reference, or move-only. take() requires that set() was called.
template <class T>
class result_slot {
 public:
  template <class U>
  void set(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

/// Values that need neither construction nor destruction: no flag, nothing to do for an empty one.
template <class T>
  requires std::is_trivially_default_constructible_v<T> && std::is_trivially_destructible_v<T> &&
           std::is_trivially_copyable_v<T> && (!std::is_reference_v<T>)
class result_slot<T> {
 public:
  result_slot() noexcept {}  // NOLINT(*-member-init): that is the point
  template <class U>
  void set(U&& value) {
    ::new (static_cast<void*>(std::addressof(value_))) T(std::forward<U>(value));
  }
  T take() noexcept { return value_; }

 private:
  T value_;
};

template <class T>
class result_slot<T&> {
 public:
  void set(T& value) noexcept { value_ = std::addressof(value); }
  T& take() const noexcept { return *value_; }

 private:
  T* value_ = nullptr;
};

template <>
class result_slot<void> {
 public:
  void set() const noexcept {}
  void take() const noexcept {}
};

/// slot.set(the result of call()), whether call() returns something or not.
template <class T, class F>
void set_from(result_slot<T>& slot, F&& call) {
  if constexpr (std::is_void_v<T>)
    std::forward<F>(call)();
  else
    slot.set(std::forward<F>(call)());
}

}  // namespace weir::inline v0::detail
