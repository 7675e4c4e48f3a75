// weir/expected.hpp - what became of one piece of work: its result or its exception, as a value.  [floor: coro]
//
//   for (weir::expected<page>& p : co_await when_all_settled(std::move(fetches), par{20}))
//     if (p) use(*p); else log(p.message());
//
// As std::expected<T, std::exception_ptr>, which C++20 does not have. T may be void (then `unit`) or a reference.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <weir/detail/outcome.hpp>
#include <weir/unit.hpp>

namespace weir::inline v0 {

template <class T>
class [[nodiscard]] expected {
  static constexpr bool refers = std::is_reference_v<T>;
  using stored = std::conditional_t<refers, std::reference_wrapper<std::remove_reference_t<T>>, value_or_unit<T>>;

 public:
  using value_type = value_or_unit<T>;

  template <class U>
  explicit expected(std::in_place_t, U&& value) : is_{std::in_place_index<0>, std::forward<U>(value)} {}
  /// Requires  error is not null.
  explicit expected(std::exception_ptr error) noexcept : is_{std::in_place_index<1>, std::move(error)} {}

  [[nodiscard]] bool has_value() const noexcept { return is_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The result. Errors: what the work threw.
  std::add_lvalue_reference_t<value_type> value() & { return check(), get(is_); }
  std::add_lvalue_reference_t<const value_type> value() const& { return check(), get(is_); }
  value_type&& value() && {
    check();
    if constexpr (refers)
      return get(is_);
    else
      return std::move(get(is_));
  }
  /// The same. Requires  has_value().
  auto& operator*() & noexcept { return get(is_); }
  const auto& operator*() const& noexcept { return get(is_); }
  auto* operator->() noexcept { return &get(is_); }
  const auto* operator->() const noexcept { return &get(is_); }

  /// What the work threw; null when there is a result.
  [[nodiscard]] std::exception_ptr error() const noexcept { return has_value() ? nullptr : std::get<1>(is_); }
  /// The exception's what(); "not a std::exception"; "" when there is a result.
  [[nodiscard]] std::string message() const {
    if (has_value()) return {};
    try {
      std::rethrow_exception(std::get<1>(is_));
    } catch (const std::exception& e) {
      return e.what();
    } catch (...) {
      return "not a std::exception";
    }
  }
  /// Whether the work was asked to stop and did.
  [[nodiscard]] bool cancelled() const noexcept {
    return !has_value() && detail::outcome_of(std::get<1>(is_)) == detail::outcome::cancelled;
  }

 private:
  void check() const {
    if (!has_value()) std::rethrow_exception(std::get<1>(is_));
  }
  template <class V>
  static auto& get(V& v) noexcept {
    if constexpr (refers)
      return std::get_if<0>(&v)->get();
    else
      return *std::get_if<0>(&v);
  }

  std::variant<stored, std::exception_ptr> is_;
};

}  // namespace weir::inline v0
