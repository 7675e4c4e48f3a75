// tests/trace/support.hpp - the independent check of a recording.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "support/scratch.hpp"

namespace support {

/// read_wtr.py accepts the file and finds the counts ("KEY=N KEY>N ...").
inline bool trace_is_valid(const std::string& file, const std::string& counts = {}) {
  const std::string script = (std::filesystem::path{__FILE__}.parent_path() / "read_wtr.py").string();
  return std::system(("python3 '" + script + "' '" + file + "' " + counts + " >&2").c_str()) == 0;
}

}  // namespace support
