// tests/trace/support.hpp - files and the independent check of a recording.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

namespace support {

/// A fresh directory, removed at the end.
class scratch_directory {
 public:
  scratch_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-trace-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() { std::filesystem::remove_all(path_); }

  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// read_wtr.py accepts the file and finds the counts ("KEY=N KEY>N ...").
inline bool trace_is_valid(const std::string& file, const std::string& counts = {}) {
  const std::string script = (std::filesystem::path{__FILE__}.parent_path() / "read_wtr.py").string();
  return std::system(("python3 '" + script + "' '" + file + "' " + counts + " >&2").c_str()) == 0;
}

}  // namespace support
