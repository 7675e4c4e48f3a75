// terminal.hpp - what only a terminal gets: colours and a line of progress. Files and pipes get plain text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir_tool {

enum class colour : unsigned char { plain, bold, dim, red, yellow, green };

/// The text, in colour if stdout is a terminal and NO_COLOR is not set.
std::string in_colour(std::string_view text, colour c);

/// "what  42 %" on stderr, while it lives, if that is a terminal.
class progress {
 public:
  progress(const char* what, std::uint64_t total);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress();

  void step() {
    if (++done_ >= next_) show();
  }

 private:
  void show();

  const char* what_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::uint64_t next_;
  bool shown_ = false;
};

}  // namespace weir_tool
