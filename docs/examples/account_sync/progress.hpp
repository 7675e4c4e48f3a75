// progress.hpp - one line on the terminal, redrawn five times a second; nothing when stderr is no terminal.
#pragma once

#include <chrono>
#include <cstddef>

namespace account_sync {

class progress {
 public:
  progress(const char* shape, std::size_t accounts);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// True when it is time to draw. Cost: one look at the real clock; on no terminal a branch.
  [[nodiscard]] bool is_due() noexcept;
  void draw(std::size_t settled, std::size_t in_flight, std::size_t failed) const;

 private:
  using clock = std::chrono::steady_clock;

  const char* shape_;
  const std::size_t accounts_;
  const bool on_terminal_;
  clock::time_point next_ = clock::now();
};

}  // namespace account_sync
