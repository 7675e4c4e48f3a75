// tests/weir/support/command.hpp - runs the command `weir` as a user does.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "trace/support.hpp"

namespace support {

struct ran {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs `weir ARGUMENTS` by the shell. before: what precedes the command, such as NAME=value.
inline ran run_weir(const std::string& arguments, const std::string& before = {}) {
  const scratch_directory dir;
  const int status = std::system((before + " '" WEIR_COMMAND "' " + arguments + " >'" + dir.file("out") + "' 2>'" +
                                  dir.file("err") + "' </dev/null")
                                     .c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(dir.file("out")), read_file(dir.file("err"))};
}

inline void write_file(const std::string& path, const std::string& bytes) { std::ofstream{path} << bytes; }

}  // namespace support
