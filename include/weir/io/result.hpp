// weir/io/result.hpp - an I/O result as a value instead of an exception.                        [floor: coro]
//
//   weir::result<std::size_t> n = co_await weir::as_result(stream.read_some(bytes));
//   if (!n && n.error() == std::errc::connection_reset) ...
//
// Expected outcomes (a peer that hangs up, a time-out) cost no exception this way; cancellation is an error code too.
#pragma once

#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <weir/detail/promise.hpp>
#include <weir/unit.hpp>

namespace weir::inline v0 {

/// A value or an error with what was being done and to whom. T may be void.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = value_or_unit<T>;

  explicit result(value_type value) : value_{std::move(value)} {}
  result(std::error_code error, std::string doing) : error_{error}, doing_{std::move(doing)} {}

  explicit operator bool() const noexcept { return value_.has_value(); }
  /// The error; clear when there is a value. A cancelled operation: std::errc::operation_canceled.
  [[nodiscard]] std::error_code error() const noexcept { return error_; }
  /// "recv 127.0.0.1:80: Connection reset by peer".
  [[nodiscard]] std::string message() const { return doing_ + ": " + error_.message(); }
  /// Errors: std::system_error when there is no value.
  [[nodiscard]] value_type& value() & { return check(), *value_; }
  [[nodiscard]] value_type&& value() && { return check(), *std::move(value_); }

 private:
  void check() const {
    if (!value_) throw std::system_error{error_, doing_};
  }

  std::optional<value_type> value_;
  std::error_code error_;
  std::string doing_;
};

namespace detail {

/// An awaiter whose await_result() gives what await_resume() gives or throws.
template <class A>
concept result_awaiter = weir_awaitable<A> && requires(A a) { a.await_result(); };

template <result_awaiter A>
class as_result_awaiter : public A {
 public:
  explicit as_result_awaiter(A&& a) noexcept : A{std::move(a)} {}
  auto await_resume() { return A::await_result(); }
};

}  // namespace detail

/// The same operation, with its result as a value. For every awaiter of io/*.hpp.
template <detail::result_awaiter A>
[[nodiscard]] auto as_result(A&& operation) {
  static_assert(!std::is_lvalue_reference_v<A>, "give the operation itself: as_result(stream.read_some(bytes))");
  return detail::as_result_awaiter<A>{std::forward<A>(operation)};
}

}  // namespace weir::inline v0
