// progress.hpp - one line on the terminal, redrawn five times a second; nothing when stderr is no terminal.
#pragma once

#include <chrono>
#include <cstdint>

namespace log_pipeline {

class progress {
 public:
  struct state {
    std::uint64_t lines;
    std::uint64_t bytes;
    std::size_t free_batches, batches;  ///< the rest is on its way
    std::size_t waiting_for_writer;
    std::size_t queued_jobs;  ///< in the runtime's queue, or running
  };

  /// total_bytes: 0 when the end is not known. Nothing is drawn on a terminal that the lines go to (output_descriptor).
  progress(std::uint64_t total_bytes, int output_descriptor);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// True when it is time to draw. Cost: one look at the clock; on no terminal a branch.
  [[nodiscard]] bool is_due() noexcept;
  void draw(const state& now) const;

 private:
  using clock = std::chrono::steady_clock;

  const std::uint64_t total_bytes_;
  const bool on_terminal_;
  const clock::time_point begin_ = clock::now();
  clock::time_point next_ = begin_;
};

}  // namespace log_pipeline
