// json.hpp - writes JSON into a string: keys and values in the order of the calls, numbers as integers where they are.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir_tool {

/// `text` as a JSON string, with quotes; bytes that are not UTF-8 become U+FFFD.
std::string quoted(std::string_view text);

class json {
 public:
  json& object() { return open('{'); }
  json& array() { return open('['); }
  json& close();
  json& key(std::string_view name);

  template <std::integral T>
  json& value(T v) {
    if constexpr (std::same_as<T, bool>) return raw(v ? "true" : "false");
    return raw(std::to_string(v));
  }
  json& value(double v);
  json& value(std::string_view v) { return raw(quoted(v)); }
  json& value(const char* v) { return value(std::string_view{v}); }

  template <class T>
  json& field(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  /// The text, with every bracket closed and a newline.
  std::string finish();

 private:
  json& open(char bracket);
  json& raw(std::string_view text);
  void separate();

  std::string text_;
  std::string open_;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace weir_tool
