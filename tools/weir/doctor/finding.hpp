// doctor/finding.hpp - what a rule says: what was seen, where, how much time it cost, and which call would help.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir_tool {

enum class weight : unsigned char { note, warning, error };

struct finding {
  const char* rule = "";
  weight how = weight::warning;
  std::int64_t lost = 0;  ///< ns that tasks waited for nothing, or that was done in vain; an estimate, ranks
  std::uint32_t site = 0;
  std::int64_t from = 0, to = 0;   ///< ns since the start of the recording
  std::vector<std::uint64_t> ids;  ///< of tasks, a few
  std::string what;
  std::string advice;
};

/// A rule that cannot say anything of this trace.
struct silence {
  const char* rule = "";
  std::string why;
};

struct diagnosis {
  std::vector<finding> findings;
  std::vector<silence> silent;
};

inline constexpr std::size_t most_ids = 5;

}  // namespace weir_tool
