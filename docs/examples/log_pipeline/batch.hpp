// batch.hpp - some hundred KiB of whole lines on their way through the program.
//
// A batch is filled by a reader, enriched in place by a worker, written by the writer, and filled again: there is a
// fixed number of them (batch_pool), so they bound the memory of the whole program. At any time exactly one of the
// three owns a batch; it never spans two sources.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "buffer.hpp"
#include "reject.hpp"

namespace log_pipeline {

inline constexpr std::size_t batch_bytes = std::size_t{256} << 10;  ///< a batch is filled up to about here
inline constexpr std::size_t max_line = std::size_t{1} << 20;       ///< longer lines are rejected
inline constexpr std::size_t shown_rejects = 10;

/// Where lines come from, and how many of them the writer has seen. Only the writer counts.
struct source {
  std::string name;
  std::uint64_t lines = 0;
};

struct rejected_line {
  std::uint64_t index;  ///< in its batch, from 0
  reject why;
};

struct batch {
  // Filled by the reader. The text ends with a newline, or is empty; long lines make it larger than batch_bytes.
  std::shared_ptr<source> from;
  buffer text{max_line + 1};
  std::uint64_t lines = 0;
  bool cut_off = false;  ///< the last of the lines is not in the text: it was begun, and will never end

  // Filled by the worker.
  buffer enriched{2 * batch_bytes};
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::array<rejected_line, shown_rejects> first_rejected;

  void reset(std::shared_ptr<source> s) noexcept {
    from = std::move(s);
    text.clear();
    enriched.clear();
    lines = accepted = rejected = 0;
    cut_off = false;
  }

  void add_rejected(std::uint64_t index, reject why) noexcept {
    if (rejected < shown_rejects) first_rejected[rejected] = {index, why};
    ++rejected;
  }
};

}  // namespace log_pipeline
