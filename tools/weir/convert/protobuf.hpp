// convert/protobuf.hpp - writes protobuf messages: appends fields to a string. Nested ones are made first, then
// appended.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir_tool {

class message {
 public:
  message& number(unsigned field, std::uint64_t v) {
    varint(std::uint64_t{field} << 3U);
    varint(v);
    return *this;
  }
  message& fixed64(unsigned field, std::uint64_t v) {
    varint(std::uint64_t{field} << 3U | 1U);
    for (unsigned shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(v >> shift & 0xFFU);
    return *this;
  }
  message& text(unsigned field, std::string_view v) {
    varint(std::uint64_t{field} << 3U | 2U);
    varint(v.size());
    bytes_ += v;
    return *this;
  }
  message& nested(unsigned field, const message& m) { return text(field, m.bytes_); }

  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

 private:
  void varint(std::uint64_t v) {
    for (; v > 0x7F; v >>= 7U) bytes_ += static_cast<char>(v | 0x80U);
    bytes_ += static_cast<char>(v);
  }
  std::string bytes_;
};

}  // namespace weir_tool
