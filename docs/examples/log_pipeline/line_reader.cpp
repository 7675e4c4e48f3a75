#include "line_reader.hpp"

#include <algorithm>
#include <cstring>

namespace log_pipeline {
namespace {

std::uint64_t count_lines(std::string_view text) noexcept {
  std::uint64_t n = 0;
  while (!text.empty()) {  // memchr looks at 32 bytes a step; std::count at one
    const auto* newline = static_cast<const char*>(std::memchr(text.data(), '\n', text.size()));
    text.remove_prefix(static_cast<std::size_t>(newline - text.data()) + 1);
    ++n;
  }
  return n;
}

/// Where the last whole line of text ends; 0 when there is none.
std::size_t end_of_lines(std::string_view text) noexcept {
  const auto* newline = static_cast<const char*>(::memrchr(text.data(), '\n', text.size()));
  return newline == nullptr ? 0 : static_cast<std::size_t>(newline - text.data()) + 1;
}

}  // namespace

input::state line_reader::fill(batch& b) {
  b.reset(in_.source());
  if (skipping_)
    if (const input::state s = skip_to_newline(b); s != input::state::data) return s;
  b.text.append(carry_);
  carry_.clear();

  std::size_t whole = end_of_lines(b.text.text());
  for (;;) {
    // A line that does not end within batch_bytes gets all the room there is.
    const bool full = b.text.size() >= batch_bytes;
    if (full && whole != 0) return pass_on(b, whole);
    if (b.text.size() == b.text.capacity()) return reject_long_line(b);
    const std::size_t before = b.text.size();
    const input::chunk got = append(b, full ? b.text.capacity() : batch_bytes);
    switch (got.state) {
      case input::state::data:
        if (const std::size_t end = end_of_lines(b.text.text().substr(before)); end != 0) whole = before + end;
        break;
      case input::state::end:
        return end_of_input(b, whole);
      case input::state::idle:
        if (whole != 0) return pass_on(b, whole);
        carry_.assign(b.text.text());
        return input::state::idle;
      case input::state::stopped:
        return whole != 0 ? pass_on(b, whole) : input::state::stopped;
    }
  }
}

input::chunk line_reader::append(batch& b, std::size_t limit) {
  const input::chunk got = in_.read(b.text.data() + b.text.size(), limit - b.text.size());
  b.text.resize(b.text.size() + got.size);
  bytes_ += got.size;
  return got;
}

input::state line_reader::pass_on(batch& b, std::size_t whole) {
  carry_.assign(b.text.text().substr(whole));
  b.text.resize(whole);
  b.lines = count_lines(b.text.text());
  return input::state::data;
}

input::state line_reader::end_of_input(batch& b, std::size_t whole) {
  if (b.text.size() == 0) return input::state::end;
  if (whole != b.text.size()) b.text.append("\n");  // there is room: a full buffer has been rejected
  return pass_on(b, b.text.size());
}

input::state line_reader::reject_long_line(batch& b) {
  b.text.clear();
  b.lines = 1;
  b.add_rejected(0, reject::too_long);
  skipping_ = true;
  return input::state::data;
}

input::state line_reader::skip_to_newline(batch& b) {
  for (;;) {
    b.text.clear();
    const input::chunk got = append(b, batch_bytes);
    if (got.state == input::state::end) skipping_ = false;
    if (got.state != input::state::data) return got.state;
    const std::string_view text = b.text.text();
    if (const std::size_t newline = text.find('\n'); newline != text.npos) {
      carry_.assign(text.substr(newline + 1));
      b.text.clear();
      skipping_ = false;
      return input::state::data;
    }
  }
}

}  // namespace log_pipeline
