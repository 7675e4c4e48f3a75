#include "unfinished_lines.hpp"

#include <algorithm>

namespace log_pipeline {

unfinished_lines::member::~member() { std::erase(all_.readers_, &reader_); }

input::state unfinished_lines::member::fill(batch& b) {
  const std::size_t before = reader_.held();
  const input::state s = reader_.fill(b);
  if (reader_.held() > before) all_.keep_within_limit();
  return s;
}

// One is enough: the longest is at least as long as what has just grown.
void unfinished_lines::keep_within_limit() noexcept {
  std::size_t held = 0;
  for (const line_reader* reader : readers_) held += reader->held();
  if (held <= limit) return;
  const auto longest = std::max_element(readers_.begin(), readers_.end(),
                                        [](const auto* a, const auto* b) { return a->held() < b->held(); });
  (*longest)->give_up_line(reject::too_long_beside_others);
}

}  // namespace log_pipeline
