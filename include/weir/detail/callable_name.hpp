// weir/detail/callable_name.hpp - what a job is called that was given no name: the type of what it runs. [floor: base]
//
// A lambda's type says where it stands: clang's as "(lambda at pipeline.cpp:24:17)", gcc's as the function around it,
// "pipeline::submit(batch_ptr)::<lambda()>". Made by the compiler out of its own spelling of a function's name; folders
// are left out, and what is longer than 100 characters is cut.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace weir::inline v0::detail {

/// A wrapper that runs an F says so by specialising this.
template <class F>
struct wrapped_callable {
  using type = F;
};

constexpr std::size_t longest_callable_name = 100;
using callable_text = std::array<char, longest_callable_name + 1>;

/// The type's name out of "auto f() [T = name]" or "constexpr auto f() [with T = name]".
constexpr callable_text callable_text_of(std::string_view function) {
  const std::size_t begin = function.find("T = ") + 4, end = function.rfind(']');
  callable_text out{};
  std::size_t n = 0;
  for (const char c : function.substr(begin, end - begin)) {
    if (c == '/') {  // back to where this path began
      while (n > 0 && std::string_view{" (<,'"}.find(out[n - 1]) == std::string_view::npos) --n;
    } else if (n < longest_callable_name) {
      out[n++] = c;
    }
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(n), out.end(), '\0');
  return out;
}

template <class T>
constexpr auto spelled_callable() {
  return callable_text_of(__PRETTY_FUNCTION__);
}

template <class T>
inline constexpr callable_text callable_name_of = spelled_callable<T>();

/// A static string; `otherwise` for pointers to functions, whose type says nothing.
template <class F>
constexpr const char* callable_name([[maybe_unused]] const char* otherwise = nullptr) noexcept {
  using callable = typename wrapped_callable<std::remove_cvref_t<F>>::type;
  if constexpr (std::is_pointer_v<callable> || std::is_member_pointer_v<callable>)
    return otherwise;
  else
    return callable_name_of<callable>.data();
}

}  // namespace weir::inline v0::detail
