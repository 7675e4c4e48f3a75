#include "line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace log_pipeline {
namespace {

constexpr std::size_t kept_carry = std::size_t{4} << 10;  // memory that a carry keeps between lines

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
  if (given_up_ != reject::none) return pass_on_rejected(b);
  if (skipping_)
    if (const input::state s = skip_to_newline(b); s != input::state::data) return s;
  std::size_t whole = 0;
  if (carry_.empty())
    whole = end_of_lines(b.text.text());
  else
    b.text.resize(carry_.size());

  for (;;) {
    // A line that does not end within batch_bytes gets all the room there is.
    const bool full = b.text.size() >= batch_bytes;
    if (full && whole != 0) return pass_on(b, whole);
    if (b.text.size() == b.text.capacity()) {
      give_up_line(reject::too_long);
      return pass_on_rejected(b);
    }
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
        carry_.append(b.text.text().substr(carry_.size()));
        return input::state::idle;
      case input::state::stopped:
        return stopped(b, whole);
    }
  }
}

void line_reader::give_up_line(reject why) noexcept {
  clear_carry();
  skipping_ = true;
  given_up_ = why;
}

input::chunk line_reader::append(batch& b, std::size_t limit) {
  const input::chunk got = in_.read(b.text.data() + b.text.size(), limit - b.text.size());
  b.text.resize(b.text.size() + got.size);
  bytes_ += got.size;
  return got;
}

input::state line_reader::pass_on(batch& b, std::size_t whole) {
  std::memcpy(b.text.data(), carry_.data(), carry_.size());
  clear_carry();
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

input::state line_reader::stopped(batch& b, std::size_t whole) {
  if (b.text.size() == 0) return input::state::stopped;
  if (whole != 0)
    (void)pass_on(b, whole);
  else
    b.text.clear();
  b.cut_off = whole == 0 || !carry_.empty();
  if (b.cut_off) ++b.lines;
  clear_carry();
  return input::state::data;
}

input::state line_reader::pass_on_rejected(batch& b) {
  b.text.clear();
  b.lines = 1;
  b.add_rejected(0, std::exchange(given_up_, reject::none));
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
      const std::string_view rest = text.substr(newline + 1);
      std::memmove(b.text.data(), rest.data(), rest.size());
      b.text.resize(rest.size());
      skipping_ = false;
      return input::state::data;
    }
  }
}

void line_reader::clear_carry() noexcept {
  carry_.clear();
  if (carry_.capacity() > kept_carry) std::string{}.swap(carry_);
}

}  // namespace log_pipeline
