// options.hpp - the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace log_pipeline {

struct options {
  std::vector<std::string> files;  ///< "-": stdin; none: the generated log
  std::string listen;              ///< host:port to take clients on, instead of files
  std::uint64_t lines = 5'000'000;
  std::uint64_t seed = 1;
  std::string data_directory;
  std::string output;  ///< "-": stdout
  std::string json;
  std::string trace;
  unsigned threads = 0;
  bool strict = false;
};

/// Nothing when it was asked for --help, which has been printed.
/// Errors  failure(bad_usage)
std::optional<options> parse_command_line(int argc, char** argv);

}  // namespace log_pipeline
