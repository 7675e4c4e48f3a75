#include "trace/chrome_json.hpp"

#include <array>
#include <charconv>
#include <set>

#include "trace/output_file.hpp"
#include "trace/timeline.hpp"

namespace weir::inline v0::tracing {
namespace {

void append_number(std::string& to, std::uint64_t value, int base = 10) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  to.append(digits.data(), end);
}

void append_id(std::string& to, std::uint64_t id) {
  to += "\"0x";
  append_number(to, id, 16);
  to += '"';
}

// Exact in every reader: as a number up to 2^53, as a string beyond.
void append_exact(std::string& to, std::uint64_t value) {
  const bool large = value > std::uint64_t{1} << 53U;
  if (large) to += '"';
  append_number(to, value);
  if (large) to += '"';
}

void append_microseconds(std::string& to, std::uint64_t ns) {
  append_number(to, ns / 1000);
  const auto rest = static_cast<unsigned>(ns % 1000);
  to += '.';
  for (const unsigned digit : {rest / 100, rest / 10 % 10, rest % 10}) to += static_cast<char>('0' + digit);
}

constexpr std::string_view phase_letter(phase what) noexcept {
  switch (what) {
    case phase::slice_begin:
      return "B";
    case phase::slice_end:
      return "E";
    case phase::span_begin:
      return "b";
    case phase::span_end:
      return "e";
    case phase::instant:
      return "i\",\"s\":\"t";  // shown on its thread only
    case phase::counter:
      return "C";
  }
  return "i";
}

void append_entry(std::string& to, const entry& e, int pid) {
  to += "{\"ph\":\"";
  to += phase_letter(e.what);
  to += "\",\"pid\":";
  append_number(to, static_cast<std::uint64_t>(pid));
  to += ",\"tid\":";
  append_number(to, static_cast<std::uint64_t>(e.tid));
  to += ",\"ts\":";
  append_microseconds(to, e.ns);
  to += ",\"cat\":\"";
  append_escaped(to, e.category);
  to += "\",\"name\":\"";
  append_escaped(to, e.name);
  to += '"';
  if (e.what == phase::span_begin || e.what == phase::span_end || e.what == phase::counter) {
    to += ",\"id\":";
    append_id(to, e.id);
  }
  to += ",\"args\":{";
  if (e.what == phase::counter) {
    to += "\"value\":";
    append_number(to, e.arg);  // a viewer plots it: must be a number
  } else {
    to += "\"id\":";
    append_id(to, e.id);
    to += ",\"arg\":";
    append_exact(to, e.arg);
    if (e.unfinished) to += ",\"unfinished\":true";
  }
  to += "}}";
}

void append_thread_name(std::string& to, const track& t, int pid) {
  to += "{\"ph\":\"M\",\"pid\":";
  append_number(to, static_cast<std::uint64_t>(pid));
  to += ",\"tid\":";
  append_number(to, static_cast<std::uint64_t>(t.tid));
  to += ",\"name\":\"thread_name\",\"args\":{\"name\":\"";
  append_escaped(to, t.name);
  to += "\"}}";
}

void append_header(std::string& to, const capture& from, const timeline& line) {
  to += "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"producer\":\"weir\",\"clock\":\"";
  to += ticks_are_tsc() ? "tsc" : "monotonic";
  to += "\",\"begin_monotonic_ns\":\"";
  append_number(to, from.begin.ns);
  to += "\",\"lost_events\":\"";
  append_number(to, from.lost);
  to += "\",\"reordered_events\":\"";
  append_number(to, line.reordered);
  to += "\"},\n\"traceEvents\":[";
}

// The length of the UTF-8 sequence that text starts with; 0 when it is none.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xC2 && first <= 0xDF ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xC0U) != 0x80) return 0;
  if (length == 3 && ((first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F))) return 0;
  if (length == 4 && ((first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) > 0x8F))) return 0;
  return length;
}

}  // namespace

void append_escaped(std::string& to, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      to += "\\ufffd";
    } else if (c < 0x20 || c == 0x7F) {
      to += "\\u00";
      to += hex[c >> 4U];
      to += hex[c & 15U];
    } else {
      if (c == '"' || c == '\\') to += '\\';
      to += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void write_chrome_json(const capture& from, output_file& out) {
  const timeline line = make_timeline(from);
  std::string text;
  append_header(text, from, line);
  std::string_view separator = "\n";
  std::set<int> named;  // a thread may have left events in several rings
  for (const track& t : from.tracks) {
    if (!named.insert(t.tid).second) continue;
    text += separator;
    append_thread_name(text, t, from.pid);
    separator = ",\n";
  }
  for (const entry& e : line.entries) {
    text += separator;
    append_entry(text, e, from.pid);
    separator = ",\n";
    if (text.size() > 4096) {
      out.append(text);
      text.clear();
    }
  }
  text += "\n]}\n";
  out.append(text);
}

}  // namespace weir::inline v0::tracing
