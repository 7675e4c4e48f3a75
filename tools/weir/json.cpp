#include "json.hpp"

#include <fmt/format.h>

#include <cmath>

namespace weir_tool {
namespace {

/// The length of the UTF-8 sequence that `text` begins with; 0: it begins with none.
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t n = lead >= 0xC2 && lead < 0xE0   ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) >= 0xA0) || (lead == 0xF0 && byte(1) < 0x90) ||
      (lead == 0xF4 && byte(1) >= 0x90))
    return 0;  // overlong, a surrogate, beyond U+10FFFF
  return n;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t n = sequence(text);
    const char c = text.front();
    if (n == 0)
      out += "\\ufffd";
    else if (n > 1)
      out += text.substr(0, n);
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out += '"';
}

json& json::open(char bracket) {
  separate();
  text_ += bracket;
  open_ += bracket == '{' ? '}' : ']';
  first_ = true;
  return *this;
}

json& json::close() {
  text_ += open_.back();
  open_.pop_back();
  first_ = false;
  return *this;
}

json& json::key(std::string_view name) {
  separate();
  text_ += quoted(name) + ':';
  after_key_ = true;
  return *this;
}

json& json::value(double v) { return raw(std::isfinite(v) ? fmt::format("{:.6g}", v) : "null"); }

json& json::raw(std::string_view text) {
  separate();
  text_ += text;
  return *this;
}

void json::separate() {
  if (!first_ && !after_key_) text_ += ',';
  first_ = after_key_ = false;
}

std::string json::finish() {
  while (!open_.empty()) close();
  return text_ + '\n';
}

}  // namespace weir_tool
