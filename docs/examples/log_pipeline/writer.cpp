#include "writer.hpp"

#include <algorithm>

namespace log_pipeline {

void writer::write(const batch& b) {
  const std::string_view text = b.enriched.text();
  const std::size_t written = output_.write(text);
  const auto lines = written == text.size()
                         ? b.accepted
                         : static_cast<std::uint64_t>(std::count(text.begin(), text.begin() + written, '\n'));
  lines_out_ += lines;
  lines_unwritten_ += b.accepted - lines;
  lines_rejected_ += b.rejected;

  const std::uint64_t kept = std::min<std::uint64_t>(b.rejected, shown_rejects);
  for (std::uint64_t i = 0; i < kept && first_rejected_.size() < shown_rejects; ++i) {
    const rejected_line& line = b.first_rejected[i];
    first_rejected_.push_back({b.from->name, b.from->lines + line.index + 1, line.why});
  }
  b.from->lines += b.lines;
}

}  // namespace log_pipeline
