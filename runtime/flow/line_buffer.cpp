#include <algorithm>
#include <cstring>

#include <weir/stream/lines.hpp>

namespace weir::inline v0::detail {

void throw_line_too_long(std::size_t longest) {
  throw line_too_long{"weir::lines: a line of more than " + std::to_string(longest) + " bytes"};
}

line_options checked(const line_options& options) {
  if (options.longest == 0 || options.chunk == 0)
    throw std::invalid_argument{"weir::lines: longest and chunk must be at least 1"};
  return options;
}

std::span<std::byte> line_buffer::room(std::size_t least) {
  const std::size_t wanted = std::max(least, options_.chunk);
  if (begin_ != 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    searched_ -= begin_, end_ -= begin_, begin_ = 0;
  }
  if (bytes_.size() < end_ + wanted) bytes_.resize(end_ + wanted);
  return std::span{bytes_}.subspan(end_);
}

std::optional<std::string_view> line_buffer::next(bool at_end) {
  const char* const text = reinterpret_cast<const char*>(bytes_.data());
  const void* const newline = searched_ == end_ ? nullptr : std::memchr(text + searched_, '\n', end_ - searched_);
  const std::size_t stop =
      newline != nullptr ? static_cast<std::size_t>(static_cast<const char*>(newline) - text) : end_;
  searched_ = stop;
  if (stop - begin_ > options_.longest) throw_line_too_long(options_.longest);
  if (newline == nullptr && (!at_end || begin_ == end_)) return std::nullopt;
  const std::string_view line{text + begin_, stop - begin_};
  begin_ = searched_ = newline != nullptr ? stop + 1 : stop;
  return line;
}

}  // namespace weir::inline v0::detail
