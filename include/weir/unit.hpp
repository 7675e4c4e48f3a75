// weir/unit.hpp - the result of work without a result, where a type needs a value.             [floor: base]
#pragma once

#include <type_traits>

namespace weir::inline v0 {

/// Stands for void in tuples: when_all(task<int>, task<void>) gives std::tuple<int, unit>.
struct unit {
  friend constexpr bool operator==(unit, unit) noexcept { return true; }
};

/// T, or unit for void.
template <class T>
using value_or_unit = std::conditional_t<std::is_void_v<T>, unit, T>;

}  // namespace weir::inline v0
